// A company that offers authenticator apps only (METHODS=app).
import { lookAt } from "./support/accessibility";
import { expect, test } from "./support/fixtures";
import { expectPage, rows } from "./support/steps";

test.use({ methods: "app", owns: "otp phone", expectedStatuses: [400, 403, 409, 422] });

test("what is off is not shown, and a direct link says so", { tag: "@no-script" }, async ({
  page, portal, person, control, signedIn, t,
}) => {
  await signedIn(() => person.phone.freshCode());
  await expect(rows(page, t, "phone"), "what one has stays in the list").toHaveCount(1);
  await page.getByRole("link", { name: t("overview.add") }).click();
  await expect(page).toHaveURL(`${portal.url}add/app`);

  const started = await control.now();
  for (const path of ["add/phone", "add/email", "add/push"]) {
    await page.goto(portal.url + path);
    await expectPage(page, t("error.not-offered.title"));
  }
  await lookAt(page, "error-not-offered");

  await test.step("a request made by hand is refused too", async () => {
    await page.goto(`${portal.url}add/app`);
    const form_token = await page.locator("input[name=form_token]").first().inputValue();
    const headers = { Origin: new URL(portal.url).origin };
    for (const [path, form] of [
      ["add/phone", { country: "CA", number: person.number.written, channel: "sms" }],
      ["add/email", { address: person.privately }],
      ["add/push", {}],
    ] as const) {
      const answer = await page.request.post(portal.url + path, { form: { form_token, ...form }, headers });
      expect(await answer.text(), path).toContain(t("error.not-offered.title"));
      expect(answer.ok(), path).toBe(false);
    }
  });
  expect(await control.countRequests(started, "POST", "/mfa/associate")).toBe(0);
});
