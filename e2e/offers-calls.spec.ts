// A company that calls people, and sends no text messages (METHODS=voice,email).
import { expect, test } from "./support/fixtures";
import { expectSent, sendToPhone } from "./support/steps";

test.use({ methods: "voice,email", owns: "otp" });

test("a phone is called, and no text message is offered", async ({ page, person, signedIn, t }) => {
  await signedIn(() => person.phone.freshCode());
  await page.getByRole("link", { name: t("overview.add") }).click();
  await expect(page.getByRole("main").getByRole("heading", { level: 2 })).toContainText([
    t("method.phone.name"), t("method.email.name"),
  ]);
  await page.getByRole("link", { name: t("method.phone.name"), exact: true }).click();
  await expect(page.getByText(t("add-phone.lead.voice"))).toBeVisible();
  await expect(page.getByRole("radio")).toHaveCount(0);
  await sendToPhone(page, t, { number: person.number.written, channel: "" });
  await expectSent(page, t, "voice", person.number.ending);
  await expect(page.getByRole("button", { name: t("add-message.again.text-instead") })).toHaveCount(0);
});
