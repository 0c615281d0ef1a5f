// The proof of who one is lasts ten minutes and ends in the middle of things. Whatever one is doing, the way leads through
// the sign-in page and back to the same step with the same data; what was asked for too late is not done behind one's back.
import type { Page } from "@playwright/test";
import { expect, test } from "./support/fixtures";
import { approveOnPhone, enterPassword } from "./support/sign-in";
import {
  addressField, addSecondApp, appName, appRows, awaitScan, confirmApp, confirmIdentity, confirmMessage, expectPage,
  expectSent, keyOf, messageField, openAdd, openRemoval, openWizard, openWizardAndScan, recoveryCodeOn, remove, rows,
  saveRecoveryCode, scanned, sendToAddress, sendToPhone,
} from "./support/steps";

test("it ends before the wizard is started", async ({ page, portal, person, control, signedIn, t }) => {
  await signedIn();
  await page.goto(`${portal.url}add/app`);
  await control.advance("11m");
  const started = await control.now();
  await page.getByRole("button", { name: t("add-app.intro.start") }).click();
  await expectPage(page, t("confirm.title"));
  await expect(page.getByRole("main")).toContainText(t("place.add-app"));
  await expect(page.getByText(t("confirm.kept"))).toHaveCount(0);
  expect(await control.countRequests(started, "POST", "/mfa/associate"), "starts at the tenant").toBe(0);

  await confirmIdentity(page, t, { person });
  await expect(page).toHaveURL(`${portal.url}add/app`);
  await page.getByRole("button", { name: t("add-app.intro.start") }).click();
  await keyOf(page, t);
});

test("it ends between the wizard's steps, before the code is confirmed, and before the recovery code [MF-11, MF-22]", {
  tag: "@everywhere",
}, async ({ page, portal, person, control, signedIn, t }) => {
  await signedIn();
  await openWizard(page, t);
  const { key, uri } = await keyOf(page, t);
  const picture = await pictureOf(page, t("add-app.scan.qr"));
  const unchanged = async () => {
    await expect(page).toHaveURL(`${portal.url}add/app`);
    expect((await keyOf(page, t)).key).toBe(key);
    expect(await pictureOf(page, t("add-app.scan.qr"))).toBe(picture);
  };

  await test.step("while the phone is being fetched", async () => {
    await control.advance("11m");
    await page.reload();
    await expect(page.getByText(t("confirm.kept"))).toBeVisible();
    await confirmIdentity(page, t, { person });
    await unchanged();
    await person.phone.scan(uri);
  });

  await test.step("with the code typed", async () => {
    await page.getByRole("textbox", { name: t("add-app.code.label") }).fill(await person.phone.code());
    await control.advance("11m");
    const started = await control.now();
    await page.getByRole("button", { name: t("add-app.code.confirm"), exact: true }).click();
    await expectPage(page, t("confirm.title"));
    await expect(page.getByRole("banner"), "the page moved as a whole").toHaveCount(1);
    expect(await control.countRequests(started, "POST", "/oauth/token"), "codes sent to the tenant").toBe(0);
    await confirmIdentity(page, t, { person });
    await unchanged();
  });

  const code = await test.step("the wizard goes on", async () => {
    await confirmApp(page, t, await person.phone.code());
    await expectPage(page, t("recovery-code.title"));
    return recoveryCodeOn(page);
  });

  await test.step("before the recovery code is shown again", async () => {
    await page.reload();
    await control.advance("11m");
    await page.getByRole("button", { name: t("recovery-code.hidden.show") }).click();
    await expect(page.getByText(t("confirm.kept"))).toBeVisible();
    // The new app protects the account by now: the tenant asks for its code as well.
    await confirmIdentity(page, t, { person, code: () => person.phone.freshCode() });
    await expectPage(page, t("recovery-code.hidden.title"));
    await page.getByRole("button", { name: t("recovery-code.hidden.show") }).click();
    expect(await recoveryCodeOn(page)).toBe(code);
  });

  await test.step("saying that it is saved needs none", async () => {
    await control.advance("11m");
    await saveRecoveryCode(page, t, t("confirm.title"));
  });
});

test("it ends before the recovery code is downloaded", { tag: "@no-script" }, async ({
  page, person, control, signedIn, t,
}) => {
  await signedIn();
  await openWizardAndScan(page, t, person);
  await confirmApp(page, t, await person.phone.code());
  const code = await recoveryCodeOn(page);
  await control.advance("11m");
  await page.getByRole("button", { name: t("recovery-code.download") }).click();
  await confirmIdentity(page, t, { person, code: () => person.phone.freshCode() });
  await page.getByRole("button", { name: t("recovery-code.hidden.show") }).click();
  expect(await recoveryCodeOn(page)).toBe(code);
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: t("recovery-code.download") }).click();
  expect(await (await download).failure()).toBeNull();
});

test("it ends before a method is removed: the code of the app proves who one is [MF-11]", {
  tag: "@no-script",
}, async ({ page, portal, person, enrolled: _, control, signedIn, t }) => {
  await signedIn(() => person.phone.freshCode());
  await addSecondApp(page, t, person);
  const first = appName(t, 1);
  await openRemoval(page, t, first);
  const address = page.url();
  await control.advance("11m");
  const started = await control.now();
  await remove(page, t, first);
  await expect(page.getByRole("main")).toContainText(t("place.remove"));
  await confirmIdentity(page, t, { code: () => person.phone.freshCode() });

  await test.step("back on the page that asks: nothing was removed yet", async () => {
    await expect(page).toHaveURL(address);
    expect(await control.countRequests(started, "DELETE", "/mfa/authenticators")).toBe(0);
  });
  await remove(page, t, first);
  await expect(page).toHaveURL(portal.url);
  await expect(appRows(page, t)).toHaveCount(1);
});

test("a look at the overview asks for it too, once a method protects the account", async ({
  page, portal, person, enrolled: _, control, signedIn, t,
}) => {
  await signedIn(() => person.phone.freshCode());
  await control.advance("11m");
  await page.reload();
  await confirmIdentity(page, t, { code: () => person.phone.freshCode() });
  await expect(page).toHaveURL(portal.url);
  await expect(page.getByRole("status").filter({ hasText: t("notice.confirmed") })).toBeFocused();
});

test("another person confirms: the session ends and nothing moves along [MF-23]", async ({
  page, portal, person, anotherPerson, control, signedIn, t,
}) => {
  await signedIn();
  await openWizard(page, t);
  await control.advance("11m");
  await page.reload();
  await confirmIdentity(page, t, { person: anotherPerson });
  await expectPage(page, t("error.other-person.title"));

  await page.getByRole("link", { name: t("action.sign-in") }).click();
  await expect(page.getByRole("banner")).toContainText(anotherPerson.email);
  await page.goto(`${portal.url}add/app`);
  await expect(page.getByRole("button", { name: t("add-app.intro.start") })).toBeVisible();
  await expect(page.getByRole("main")).not.toContainText(person.email);
});

test("it ends before each step of a phone number, and what was typed stays [MF-11]", { tag: "@no-script" }, async ({
  page, portal, person, control, signedIn, t,
}) => {
  const number = page.getByRole("textbox", { name: t("add-phone.number.label") });
  await signedIn();
  await openAdd(page, t, "phone");

  await test.step("before the code is sent", async () => {
    await control.advance("11m");
    const started = await control.now();
    await sendToPhone(page, t, { number: person.number.written, channel: "voice" });
    await expect(page.getByRole("main")).toContainText(t("place.add-phone"));
    expect(await control.countRequests(started, "POST", "/mfa/associate"), "codes asked for").toBe(0);
    await confirmIdentity(page, t, { person });
    await expect(page).toHaveURL(`${portal.url}add/phone`);
    await expect(number).toHaveValue(person.number.written);
    await expect(page.getByRole("radio", { name: t("add-phone.channel.voice") })).toBeChecked();
    await control.advance("8m");
    await sendToPhone(page, t, { number: person.number.written });
    await expectSent(page, t, "sms", person.number.ending);
  });

  await test.step("with the code typed, which is good for two minutes more", async () => {
    await messageField(page, t).fill(await person.newestCode(person.number.e164));
    await control.advance("3m");
    const started = await control.now();
    await page.getByRole("button", { name: t("add-message.code.confirm"), exact: true }).click();
    await expect(page.getByText(t("confirm.kept"))).toBeVisible();
    expect(await control.countRequests(started, "POST", "/oauth/token"), "codes sent to the tenant").toBe(0);
    await confirmIdentity(page, t, { person });
    await expectSent(page, t, "sms", person.number.ending);
  });

  await test.step("before a new code is sent", async () => {
    await control.advance("11m");
    const started = await control.now();
    await page.getByRole("button", { name: t("add-message.again.send") }).click({ force: true });
    await expectPage(page, t("confirm.title"));
    expect(await control.countRequests(started, "POST", "/mfa/associate"), "codes asked for").toBe(0);
    await confirmIdentity(page, t, { person });
    await page.getByRole("button", { name: t("add-message.again.send") }).click();
    await expect(page.getByText(t("notice.resent"))).toBeVisible();
  });

  await test.step("before another number is chosen", async () => {
    await control.advance("11m");
    await page.getByRole("button", { name: t("add-message.change.phone") }).click();
    await confirmIdentity(page, t, { person });
    await expect(page).toHaveURL(`${portal.url}add/phone`);
  });

  await test.step("and it ends well", async () => {
    await page.getByRole("button", { name: t("add-message.again.send") }).click();
    await expect(page.getByText(t("notice.resent"))).toBeVisible();
    await confirmMessage(page, t, await person.newestCode(person.number.e164));
    await expectPage(page, t("recovery-code.title"));
    await saveRecoveryCode(page, t);
  });
});

test("it ends before each step of an email address [MF-11]", async ({
  page, portal, person, control, signedIn, t,
}) => {
  await signedIn();
  await openAdd(page, t, "email");
  await control.advance("11m");
  await sendToAddress(page, t, person.privately);
  await confirmIdentity(page, t, { person });
  await expect(page).toHaveURL(`${portal.url}add/email`);
  await expect(addressField(page, t)).toHaveValue(person.privately);
  await control.advance("8m");
  await page.getByRole("button", { name: t("add-email.send") }).click();
  await expectSent(page, t, "email", person.privately);

  await messageField(page, t).fill(await person.newestCode(person.privately));
  await control.advance("3m");
  await page.getByRole("button", { name: t("add-message.code.confirm"), exact: true }).click();
  await confirmIdentity(page, t, { person });
  await expectSent(page, t, "email", person.privately);
  await confirmMessage(page, t, await person.newestCode(person.privately));
  await expectPage(page, t("recovery-code.title"));
});

test("it ends before each step of notifications, and what the phone has done counts [MF-11]", { tag: "@no-script" }, async ({
  page, portal, person, control, signedIn, t,
}) => {
  await page.clock.install();
  await signedIn();
  await openAdd(page, t, "push");

  await test.step("before the QR code is made", async () => {
    await control.advance("11m");
    const started = await control.now();
    await page.getByRole("button", { name: t("add-push.start") }).click();
    await expectPage(page, t("confirm.title"));
    expect(await control.countRequests(started, "POST", "/mfa/associate")).toBe(0);
    await confirmIdentity(page, t, { person });
    await expect(page).toHaveURL(`${portal.url}add/push`);
  });

  const uri = await test.step("while the page waits: it moves as a whole, and comes back with the same QR code", async () => {
    await control.advance("8m");
    await page.getByRole("button", { name: t("add-push.start") }).click();
    const uri = await scanned(page, t);
    await control.advance("3m");
    const started = await control.now();
    await awaitScan(page, t, control);
    await expectPage(page, t("confirm.title"));
    await expect(page.getByRole("banner"), "the page moved as a whole").toHaveCount(1);
    expect(await control.countRequests(started, "POST", "/oauth/token"), "polls at the tenant").toBe(0);
    await confirmIdentity(page, t, { person });
    expect(await scanned(page, t)).toBe(uri);
    return uri;
  });

  await test.step("after the scan", async () => {
    await person.phone.scan(uri);
    await control.advance("11m");
    await awaitScan(page, t, control);
    await confirmIdentity(page, t, { person, answer: () => approveOnPhone(page, person) });
    await expectPage(page, t("recovery-code.title"));
    await saveRecoveryCode(page, t);
    await expect(rows(page, t, "push")).toHaveCount(1);
  });
});

test.describe("the page says how long it lasts", () => {
  test("minute by minute, with a warning two minutes before the end", async ({ page, portal, signedIn, t }) => {
    await page.clock.install();
    await signedIn();
    await page.goto(`${portal.url}add/app`);
    const warning = page.getByText(t("proof.warning"), { exact: true }).and(page.locator(":visible"));
    await expect(page.getByText(t("proof.left", { Minutes: 10 }))).toBeVisible();
    await expect(warning).toHaveCount(0);

    await test.step("seven minutes later", async () => {
      await page.clock.fastForward("07:00");
      await expect(page.getByText(t("proof.left", { Minutes: 3 }))).toBeVisible();
      await expect(page.getByRole("link", { name: t("proof.renew"), exact: true })).toHaveCount(0);
    });

    await test.step("less than two minutes before the end", async () => {
      await page.clock.fastForward("01:02");
      await expect(page.getByRole("link", { name: t("proof.renew"), exact: true })).toBeVisible();
      await expect(page.getByRole("link", { name: t("proof.leave") })).toBeVisible();
      await page.clock.fastForward(200);
      await expect(page.locator("#announcer"), "spoken").toHaveText(t("proof.warning"));
    });

    await test.step("after the end", async () => {
      await page.clock.fastForward("02:00");
      await expect(page.getByText(t("proof.over")).and(page.locator(":visible")).first()).toBeVisible();
      await expect(page.getByRole("link", { name: t("proof.renew"), exact: true })).toHaveCount(0);
      await expect(page.getByRole("link", { name: t("proof.confirm") })).toBeVisible();
    });
  });

  test("and the warning leads back to the same step", async ({ page, portal, person, control, signedIn, t }) => {
    await signedIn();
    await openWizard(page, t);
    const { key } = await keyOf(page, t);
    await control.advance("8m30s");
    await page.reload();
    await page.getByRole("link", { name: t("proof.renew"), exact: true }).click();
    await enterPassword(page, person);
    await expect(page).toHaveURL(`${portal.url}add/app`);
    expect((await keyOf(page, t)).key).toBe(key);
    await expect(page.getByText(t("proof.left", { Minutes: 10 }))).toBeVisible();
  });
});

/** The drawing of the QR code, to be compared. */
function pictureOf(page: Page, name: string): Promise<string> {
  return page.getByRole("img", { name }).innerHTML();
}
