// A tenant that fails while a code is sent or confirmed.
import { expect, test } from "./support/fixtures";
import { phone } from "./support/messages";
import {
  confirmMessage, expectMistake, expectPage, expectSent, openAdd, recoveryCodeOn, saveRecoveryCode, sendToPhone,
} from "./support/steps";

test.use({ expectedStatuses: [400, 422, 502] });

test("a code that could not be sent, and one that was taken while the answer was lost", async ({
  page, portal, person, control, signedIn, t,
}) => {
  await signedIn();
  await openAdd(page, t, "phone");
  await control.addFault({ match: "POST /mfa/associate", status: 503, after: true, times: 1 });
  await sendToPhone(page, t, { number: person.number.written });
  await expectPage(page, t("error.not-done.title"));
  await page.getByRole("link", { name: t("action.again") }).click();
  await expect(page).toHaveURL(`${portal.url}add/phone`);
  await sendToPhone(page, t, { number: person.number.written });
  await expectSent(page, t, "sms", person.number.ending);

  await test.step("the code that was taken counts, and is not sent twice", async () => {
    await control.addFault({ match: "POST /oauth/token", drop: true, after: true, times: 1 });
    const started = await control.now();
    await confirmMessage(page, t, await person.newestCode(person.number.e164));
    await expectPage(page, t("overview.title")); // the recovery code went with the first answer, which nobody got
    await expect(page.getByText(person.number.ending).first()).toBeVisible();
    expect(await control.countRequests(started, "POST", "/oauth/token"), "codes sent to the tenant").toBe(1);
  });
});

test("no new code can be sent: the one before still counts", async ({ page, person, control, signedIn, t }) => {
  await signedIn();
  await phone.open(page, t, person);
  const code = await person.newestCode(person.number.e164);
  await control.advance("61s");
  await page.reload();
  await control.addFault({ match: "POST /mfa/associate", status: 503, times: 1 });
  await page.getByRole("button", { name: t("add-message.again.send") }).click();
  await expectMistake(page, t, t("add-message.code.not-sent"));
  await confirmMessage(page, t, code);
  await expectPage(page, t("recovery-code.title"));
  expect(await recoveryCodeOn(page)).toMatch(/^[A-Z0-9]{24}$/);
  await saveRecoveryCode(page, t);
});
