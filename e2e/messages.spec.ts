// The code that goes to a phone or an address: every way in which it can be wrong, late, used up, or not come at all.
import type { Page } from "@playwright/test";
import type { Control } from "./support/control";
import { expect, test } from "./support/fixtures";
import { listen } from "./support/listen";
import type { Person } from "./support/person";
import { beginSignIn, chooseMethod, enterCode } from "./support/sign-in";
import {
  addressField, confirmMessage, expectMistake, expectPage, expectSent, messageField, momentIn, notice, openAdd,
  recoveryCodeOn, rows, saveRecoveryCode, sendToAddress, sendToPhone, signOut, untilTime,
} from "./support/steps";
import type { Texts } from "./support/texts";

test.use({ owns: "otp", expectedStatuses: [400, 401, 409, 422, 429] });

interface Way {
  kind: "phone" | "email";
  to(person: Person): string;
  open(page: Page, t: Texts, person: Person): Promise<void>;
}

const phone: Way = {
  kind: "phone",
  to: (person) => person.number.e164,
  open: async (page, t, person) => {
    await openAdd(page, t, "phone");
    await sendToPhone(page, t, { number: person.number.written });
    await expectSent(page, t, "sms", person.number.ending);
  },
};

const email: Way = {
  kind: "email",
  to: (person) => person.privately,
  open: async (page, t, person) => {
    await openAdd(page, t, "email");
    await sendToAddress(page, t, person.privately);
    await expectSent(page, t, "email", person.privately);
  },
};

for (const { kind, to, open } of [phone, email]) {
  const tag = kind === "phone" ? ["@no-script"] : [];

  test(`${kind}: codes that cannot be one, wrong ones, and the fifth`, { tag }, async ({
    page, portal, person, control, signedIn, t,
  }) => {
    await signedIn(() => person.phone.freshCode());
    await open(page, t, person);
    const wrong = wrongFor(await person.newestCode(to(person)));

    await test.step("what cannot be a code stays in the field and never reaches the tenant [MF-09]", async () => {
      const started = await control.now();
      for (const [typed, problem] of [
        ["", "empty"],
        ["12345", "too-short"],
        ["1234567", "too-long"],
        ["12E456", "not-digits"],
      ] as const) {
        await confirmMessage(page, t, typed);
        await expectMistake(page, t, t(`add-message.code.${problem}`));
        await expect(messageField(page, t)).toHaveValue(typed);
      }
      expect(await control.countRequests(started, "POST", "/oauth/token"), "codes sent to the tenant").toBe(0);
    });

    await test.step("wrong ones are counted down [MF-05]", async () => {
      for (let misses = 1; misses <= 4; misses++) {
        await confirmMessage(page, t, wrong);
        await expect(messageField(page, t)).toHaveValue("");
        await expectMistake(page, t, t("add-message.code.wrong"));
      }
      await expect(page.getByRole("alert")).toContainText(t("add-app.code.attempts", { Count: 1 }));
    });

    await test.step("the fifth ends it; what was typed stays", async () => {
      const old = await person.newestCode(to(person));
      await confirmMessage(page, t, wrong);
      await expect(page.getByRole("alert").filter({ hasText: t("add-message.discarded.title") })).toBeFocused();
      if (kind === "email") {
        await expect(addressField(page, t)).toHaveValue(person.privately);
        await page.getByRole("button", { name: t("add-email.send") }).click();
      } else {
        await expect(page.getByRole("radio", { name: t("add-phone.channel.sms") })).toBeChecked();
        await page.getByRole("button", { name: t("add-phone.send") }).click();
      }
      await expect(messageField(page, t)).toBeVisible();
      const next = await person.newestCode(to(person));
      if (next !== old) {
        await confirmMessage(page, t, old);
        await expectMistake(page, t, t("add-message.code.wrong"));
      }
      await confirmMessage(page, t, ` ${next.slice(0, 3)} ${next.slice(3)} `);
      await expect(notice(page, t(`notice.${kind}-added`))).toBeFocused();
      await expect(page).toHaveURL(portal.url);
    });
  });

  test(`${kind}: a code lives for five minutes, and the page goes on with a new one`, { tag }, async ({
    page, person, control, signedIn, t,
  }) => {
    const over = page.getByRole("alert").filter({ hasText: t("add-message.expired.title") });
    await signedIn(() => person.phone.freshCode());
    await open(page, t, person);
    await messageField(page, t).fill(await person.newestCode(to(person)));
    await control.advance("5m1s");

    await test.step("typed in time, confirmed too late", async () => {
      const started = await control.now();
      await page.getByRole("button", { name: t("add-message.code.confirm"), exact: true }).click();
      await expect(over).toBeFocused();
      await expect(messageField(page, t)).toHaveCount(0);
      expect(await control.countRequests(started, "POST", "/oauth/token"), "codes sent to the tenant").toBe(0);
    });

    await test.step("a new one, in one click", async () => {
      await page.reload();
      await expect(over).toBeVisible();
      await page.getByRole("button", { name: t("add-message.again.send") }).click();
      await expect(page.getByRole("status").filter({ hasText: t("add-message.resent") })).toBeFocused();
      await confirmMessage(page, t, await person.newestCode(to(person)));
      await expect(notice(page, t(`notice.${kind}-added`))).toBeFocused();
    });
  });
}

test("only the newest code counts, and each counts once", async ({
  page, portal, person, control, signedIn, t,
}) => {
  await signedIn(() => person.phone.freshCode());
  await phone.open(page, t, person);
  const first = await person.newestCode(person.number.e164);
  await control.advance("61s");
  await page.reload(); // the wait is over for the page as well
  await page.getByRole("button", { name: t("add-message.again.send") }).click();
  await expect(page.getByText(t("add-message.resent"))).toBeVisible();
  const second = await person.newestCode(person.number.e164);
  await confirmMessage(page, t, first);
  await expectMistake(page, t, t("add-message.code.wrong"));
  await confirmMessage(page, t, second);
  await expect(notice(page, t("notice.phone-added"))).toBeFocused();
  await expect(rows(page, t, "phone")).toHaveCount(1);

  await test.step("at the next sign-in it does not count", async () => {
    await signOut(page, t);
    await beginSignIn(page, { portal: portal.url, person, t });
    await chooseMethod(page, "text");
    await enterCode(page, second);
    await expect(page.getByRole("alert")).toBeFocused();
    const third = await person.newestCode(person.number.e164);
    await enterCode(page, third);
    await expect(page).toHaveURL(portal.url);

    await signOut(page, t);
    await beginSignIn(page, { portal: portal.url, person, t });
    await chooseMethod(page, "text");
    await enterCode(page, third);
    await expect(page.getByRole("alert")).toBeFocused();
  });
});

test("a browser that reads text messages fills the code in: it is said, and confirmed by its person", async ({
  page, person, control, signedIn, t,
}) => {
  await page.addInitScript(() => {
    const arrived = new Promise((done) => Object.assign(window, { OTPCredential: class {}, arrive: (code: string) => done({ code }) }));
    navigator.credentials.get = () => arrived as Promise<Credential>; // as WebOTP does it
  });
  await signedIn(() => person.phone.freshCode());
  await phone.open(page, t, person);
  const [message] = await control.messages(person.number.e164);
  expect(message!.text.split("\n").at(-1), "which page the code is for").toBe(`@localhost #${message!.code}`);
  const spoken = await listen(page);
  const started = await control.now();
  await page.evaluate((code) => (window as unknown as { arrive(code: string): void }).arrive(code), message!.code);
  await expect(messageField(page, t)).toHaveValue(message!.code);
  await expect.poll(spoken).toEqual([t("add-message.code.filled")]);
  expect(await control.countRequests(started, "POST", "/oauth/token"), "codes sent to the tenant").toBe(0);
  await page.getByRole("button", { name: t("add-message.code.confirm"), exact: true }).click();
  await expect(notice(page, t("notice.phone-added"))).toBeFocused();
});

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
    await expect(page.getByRole("status").filter({ hasText: t("add-message.resent") })).toBeFocused();
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

test("ten codes, then one an hour: the page says when, and the last code counts [MF-08]", {
  tag: "@french",
}, async ({ page, person, control, signedIn, t }) => {
  await signedIn(() => person.phone.freshCode());
  await phone.open(page, t, person);
  for (let sent = 1; sent < 10; sent++) {
    await page.getByRole("button", { name: t("add-message.change.phone") }).click();
    await page.getByRole("button", { name: t("add-phone.send") }).click();
    await expectSent(page, t, "sms", person.number.ending);
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
    await confirmMessage(page, t, await person.newestCode(person.number.e164));
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

test.describe("the tenant fails in the middle", () => {
  test.use({ owns: "", expectedStatuses: [400, 422, 502] });

  test("a code that could not be sent: nothing was changed, and the recovery code is not lost [MF-22]", async ({
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

    await test.step("a code that was taken while the answer was lost counts", async () => {
      await control.addFault({ match: "POST /oauth/token", drop: true, after: true, times: 1 });
      const started = await control.now();
      await confirmMessage(page, t, await person.newestCode(person.number.e164));
      await expect(page.getByRole("banner")).toBeVisible();
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
});

/** A code that differs from the right one. */
function wrongFor(code: string): string {
  return code === "123456" ? "654321" : "123456";
}

async function sentTo(page: Page, t: Texts, person: Person): Promise<string> {
  await expectSent(page, t, "email", person.privately);
  return person.newestCode(person.privately);
}

async function expectAboutAnHour(page: Page, control: Control): Promise<void> {
  const until = await momentIn(page, page.getByRole("alert"));
  const wait = until.getTime() - (await control.now()).getTime();
  expect(wait).toBeGreaterThan(45 * 60_000);
  expect(wait).toBeLessThanOrEqual(60 * 60_000);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
