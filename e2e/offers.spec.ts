// What can be added, and the factors that the tenant has switched off.
import { expect, test } from "./support/fixtures";
import { expectPage, openAdd, sendToAddress, sendToPhone } from "./support/steps";

test.use({ owns: "otp phone", expectedStatuses: [400, 403, 409, 422] });

test("everything is offered, strongest first", { tag: "@no-script" }, async ({ page, person, signedIn, t }) => {
  await signedIn(() => person.phone.freshCode());
  await page.getByRole("link", { name: t("overview.add") }).click();
  await expectPage(page, t("add.title"));
  await expect(page.getByRole("main").getByRole("heading", { level: 2 })).toContainText([
    t("method.app.name"), t("method.push.name"), t("method.phone.name"), t("method.email.name"),
  ]);
  await expect(page.getByText(t("add.recommended"))).toHaveCount(1);
  for (const kind of ["app", "push", "phone", "email"]) {
    await page.getByText(`${t("add.what")} ${t(`method.${kind}.name`)}`).click();
  }
  await expect(page.getByText(t("add.phone.what"))).toBeVisible();
  await page.getByRole("link", { name: t("add.back") }).click();
  await expectPage(page, t("overview.title"));
});

test("a factor that the tenant has switched off is told at the attempt", async ({
  page, portal, person, control, signedIn, t,
}) => {
  await signedIn(() => person.phone.freshCode());
  const refused = async () => {
    await expectPage(page, t("error.not-offered.title"));
    await page.getByRole("link", { name: t("action.overview") }).click();
    await expect(page).toHaveURL(portal.url);
  };
  await openAdd(page, t, "phone");
  await control.changeTenant({ message_types: ["sms"] });
  await sendToPhone(page, t, { number: person.number.written, channel: "voice" });
  await refused();

  await openAdd(page, t, "email");
  await control.changeTenant({ factors: { email: false } });
  await sendToAddress(page, t, person.privately);
  await refused();

  await openAdd(page, t, "push");
  await control.changeTenant({ factors: { "push-notification": false } });
  await page.getByRole("button", { name: t("add-push.start") }).click();
  await refused();
});
