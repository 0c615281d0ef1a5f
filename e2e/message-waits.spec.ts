// Another code for a phone: a minute after the last one, and not more of them than are allowed.
import type { Page } from "@playwright/test";
import type { Control } from "./support/control";
import { expect, test } from "./support/fixtures";
import { listen } from "./support/listen";
import { phone } from "./support/messages";
import {
  confirmMessage, expectMistake, expectSent, momentIn, notice, openAdd, sendToPhone, untilTime,
} from "./support/steps";

test.use({ owns: "otp", expectedStatuses: [400, 401, 409, 422, 429] });

test("a minute between two codes: shown by the second, said once", async ({ page, person, control, signedIn, t }) => {
  await page.clock.install();
  await signedIn(() => person.phone.freshCode());
  await phone.open(page, t, person);
  const again = page.getByRole("button", { name: t("add-message.again.send") });
  const started = await control.now();
  const spoken = await listen(page);

  await test.step("the button waits, and says so", async () => {
    await expect(again).toHaveAttribute("aria-disabled", "true");
    await expect(again).toHaveAccessibleDescription(new RegExp(escaped(untilTime(t, "add-message.wait"))));
    const until = await momentIn(page, page.locator("#wait"));
    expect(until.getTime() - started.getTime()).toBeGreaterThan(0);
    expect(until.getTime() - started.getTime()).toBeLessThanOrEqual(60_000);
    await again.click({ force: true });
    await page.clock.runFor("00:20");
    await expect(page.locator("[data-wait-seconds]")).toHaveText(/^([1-3]?\d|40)$/);
    expect(await spoken()).toEqual([]);
    expect(await control.countRequests(started, "POST", "/mfa/associate"), "codes asked for").toBe(0);
  });

  await test.step("then it serves", async () => {
    await control.advance("61s");
    await page.clock.runFor("00:41");
    await expect(page.locator("#wait")).toContainText(t("add-message.wait.over"));
    await expect(again).not.toHaveAttribute("aria-disabled", "true");
    await page.clock.runFor("00:10");
    expect(await spoken(), "what screen readers were told").toEqual([t("add-message.wait.over")]);
    await again.click();
    await expect(page.getByRole("status").filter({ hasText: t("notice.resent") })).toBeFocused();
    await expect(again).toHaveAttribute("aria-disabled", "true");
  });
});

test("a minute between two codes: the server keeps it", { tag: "@no-script" }, async ({
  page, person, control, signedIn, t,
}) => {
  await signedIn(() => person.phone.freshCode());
  await phone.open(page, t, person);
  const started = await control.now();
  const again = page.getByRole("button", { name: t("add-message.again.send") });
  // As a browser without the script has it; at once, for the script disables the button again each second.
  await again.evaluate((button) => {
    button.ariaDisabled = null;
    (button as HTMLButtonElement).click();
  });
  await expectMistake(page, t, untilTime(t, "add-message.code.too-soon.until"));
  await momentIn(page, page.getByRole("alert"));
  expect(await control.countRequests(started, "POST", "/mfa/associate"), "codes asked for").toBe(0);
  await confirmMessage(page, t, await person.newestCode(person.number.e164));
  await expect(notice(page, t("notice.phone-added"))).toBeFocused();
});

test("the same number once more, from the form: the minute holds, and what is left of it is told", {
  tag: ["@french", "@no-script"],
}, async ({ page, person, anotherPerson, control, signedIn, t }) => {
  await signedIn(() => person.phone.freshCode());
  await phone.open(page, t, person);
  await control.advance("20s");
  await page.getByRole("button", { name: t("add-message.change.phone") }).click();
  const send = page.getByRole("button", { name: t("add-phone.send") });

  await test.step("too soon", async () => {
    await send.click();
    await expectMistake(page, t, t("add-phone.problem.too-soon", { Seconds: "\n" }).split("\n")[0]!.trim());
    expect(await control.messages(person.number.e164)).toHaveLength(1);
    await expect(page.getByRole("textbox", { name: t("add-phone.number.label") })).toHaveValue(person.number.e164);
  });

  await test.step("another number at once; the first one after its minute", async () => {
    await sendToPhone(page, t, { number: anotherPerson.number.written, channel: "" });
    await expectSent(page, t, "sms", anotherPerson.number.ending);
    await control.advance("41s");
    await page.getByRole("button", { name: t("add-message.change.phone") }).click();
    await sendToPhone(page, t, { number: person.number.written, channel: "" });
    await expectSent(page, t, "sms", person.number.ending);
  });
});

test("sent again, and the page reloaded: that sends nothing", { tag: "@no-script" }, async ({
  page, portal, person, control, signedIn, t,
}) => {
  await signedIn(() => person.phone.freshCode());
  await phone.open(page, t, person);
  await control.advance("61s");
  await page.goto(`${portal.url}add/phone`); // the wait is over for the page as well
  await page.getByRole("button", { name: t("add-message.again.send") }).click();
  await expect(notice(page, t("notice.resent"))).toBeVisible();
  await expect(page).toHaveURL(`${portal.url}add/phone`);
  await control.advance("61s");
  await page.reload();
  await expect(page.getByRole("textbox", { name: t("add-message.code.label") })).toBeVisible();
  await expect(notice(page, t("notice.resent"))).toHaveCount(0);
  expect(await control.messages(person.number.e164)).toHaveLength(2);
});

test("ten codes, then one an hour: the page says when, and the last code counts [MF-08]", {
  tag: "@french",
}, async ({ page, person, anotherPerson, control, signedIn, t }) => {
  await signedIn(() => person.phone.freshCode());
  await phone.open(page, t, person);
  for (let sent = 1; sent < 10; sent++) {
    const { number } = sent % 2 ? anotherPerson : person; // the same one would have to wait each time
    await page.getByRole("button", { name: t("add-message.change.phone") }).click();
    await sendToPhone(page, t, { number: number.written, channel: "" });
    await expectSent(page, t, "sms", number.ending);
  }
  await control.advance("61s");
  await page.reload();

  await test.step("the eleventh by sending again", async () => {
    const started = await control.now();
    await page.getByRole("button", { name: t("add-message.again.send") }).click();
    await expectMistake(page, t, untilTime(t, "add-message.code.messages.until"));
    await expectAboutAnHour(page, control);
    expect(await control.countRequests(started, "POST", "/mfa/associate"), "codes asked for").toBe(0);
  });

  await test.step("the newest still counts", async () => {
    await confirmMessage(page, t, await anotherPerson.newestCode(anotherPerson.number.e164));
    await expect(notice(page, t("notice.phone-added"))).toBeFocused();
  });

  await test.step("the eleventh from the form, where what was typed stays", async () => {
    await openAdd(page, t, "phone");
    await sendToPhone(page, t, { number: person.number.written });
    await expectMistake(page, t, untilTime(t, "add-phone.problem.too-many.until"));
    await expectAboutAnHour(page, control);
    await expect(page.getByRole("textbox", { name: t("add-phone.number.label") })).toHaveValue(person.number.written);
  });
});

async function expectAboutAnHour(page: Page, control: Control): Promise<void> {
  const until = await momentIn(page, page.getByRole("alert"));
  const wait = until.getTime() - (await control.now()).getTime();
  expect(wait).toBeGreaterThan(45 * 60_000);
  expect(wait).toBeLessThanOrEqual(60 * 60_000);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
