// The code that goes to a phone or an address: every way in which it can be wrong or late.
import { expect, test } from "./support/fixtures";
import { listen } from "./support/listen";
import { email, phone, wrongFor } from "./support/messages";
import { beginSignIn, chooseMethod, enterCode } from "./support/sign-in";
import { addressField, confirmMessage, expectMistake, messageField, notice, rows, signOut } from "./support/steps";

test.use({ owns: "otp", expectedStatuses: [400, 401, 409, 422, 429] });

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
      await expect(page.getByRole("status").filter({ hasText: t("notice.resent") })).toBeFocused();
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
  await expect(page.getByText(t("notice.resent"))).toBeVisible();
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
