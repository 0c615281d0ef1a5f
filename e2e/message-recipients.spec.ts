// Whom the code goes to, and how: another way, another number or address, none after all.
import type { Page } from "@playwright/test";
import { expect, test } from "./support/fixtures";
import { phone } from "./support/messages";
import type { Person } from "./support/person";
import {
  addressField, confirmMessage, expectMistake, expectSent, messageField, notice, openAdd, rows, sendToAddress, sendToPhone,
} from "./support/steps";
import type { Texts } from "./support/texts";

test.use({ owns: "otp", expectedStatuses: [400, 401, 409, 422, 429] });

test("call me instead, and back; another number; no number after all", { tag: "@no-script" }, async ({
  page, portal, person, anotherPerson, control, signedIn, t,
}) => {
  await signedIn(() => person.phone.freshCode());
  await phone.open(page, t, person);

  await test.step("by call", async () => {
    await control.advance("61s");
    await page.goto(`${portal.url}add/phone`); // the wait is over for the page as well
    await page.getByRole("button", { name: t("add-message.again.call-instead") }).click();
    await expectSent(page, t, "voice", person.number.ending);
    expect((await control.messages(person.number.e164))[0]?.channel).toBe("voice");
  });

  await test.step("by text message again", async () => {
    await control.advance("61s");
    await page.goto(`${portal.url}add/phone`);
    await page.getByRole("button", { name: t("add-message.again.text-instead") }).click();
    await expectSent(page, t, "sms", person.number.ending);
    expect((await control.messages(person.number.e164))[0]?.channel).toBe("sms");
  });

  await test.step("another number", async () => {
    await page.getByRole("button", { name: t("add-message.change.phone") }).click();
    await expect(page.getByRole("textbox", { name: t("add-phone.number.label") })).toHaveValue(person.number.e164);
    await expect(page.getByRole("radio", { name: t("add-phone.channel.sms") })).toBeChecked();
    await sendToPhone(page, t, { number: anotherPerson.number.written, channel: "" });
    await expectSent(page, t, "sms", anotherPerson.number.ending);
  });

  await test.step("no number after all", async () => {
    await page.getByRole("button", { name: t("add-message.cancel") }).click();
    await expect(page).toHaveURL(portal.url);
    await expect(notice(page, t("notice.add-cancelled"))).toBeFocused();
    await expect(rows(page, t, "phone")).toHaveCount(0);
    await page.goto(`${portal.url}add/phone`);
    await expect(page.getByRole("textbox", { name: t("add-phone.number.label") })).toHaveValue("");
  });
});

test("an address that cannot be one is told so; another one is taken", async ({
  page, person, control, signedIn, t,
}) => {
  await signedIn(() => person.phone.freshCode());
  await openAdd(page, t, "email");
  const started = await control.now();
  for (const [typed, problem] of [
    ["eve", "invalid"],
    ["", "empty"],
    ["eve@home", "invalid"],
    ["", "empty"],
    ["Eve <eve@home.example.net>", "invalid"],
  ] as const) {
    await sendToAddress(page, t, typed);
    await expectMistake(page, t, t(`add-email.problem.${problem}`));
    await expect(addressField(page, t)).toHaveValue(typed);
  }
  await sendToAddress(page, t, person.email);
  await expectMistake(page, t, t("add-email.problem.own"));
  expect(await control.countRequests(started, "POST", "/mfa/associate"), "codes asked for").toBe(0);

  await sendToAddress(page, t, person.email.replace("@", "+typo@"));
  await expect(messageField(page, t)).toBeVisible();
  await page.getByRole("button", { name: t("add-message.change.email") }).click();
  await expect(addressField(page, t)).toHaveValue(person.email.replace("@", "+typo@"));
  await sendToAddress(page, t, person.privately);
  await confirmMessage(page, t, await sentTo(page, t, person));
  await expect(notice(page, t("notice.email-added"))).toBeFocused();
});

async function sentTo(page: Page, t: Texts, person: Person): Promise<string> {
  await expectSent(page, t, "email", person.privately);
  return person.newestCode(person.privately);
}
