// Several attempts at once, in two tabs or two browsers, and what attempts that nobody finished leave behind.
import { leaveBehind } from "./support/enrol";
import { expect, test } from "./support/fixtures";
import { signIn } from "./support/sign-in";
import {
  awaitScan, confirmIdentity, confirmMessage, expectPage, expectSent, messageField, notice, openAdd, openScan, rows, sayScanned,
  scanned, sendToPhone,
} from "./support/steps";

test.describe("two at once", () => {
  test.use({ owns: "otp" });

  test("two kinds in two tabs: both are added", { tag: "@no-script" }, async ({
    page, portal, context, person, control, signedIn, t,
  }) => {
    await page.clock.install();
    await signedIn(() => person.phone.freshCode());
    await openAdd(page, t, "phone");
    const tab = await context.newPage();
    await tab.goto(portal.url);
    const uri = await openScan(tab, t);
    await sendToPhone(page, t, { number: person.number.written });
    await expectSent(page, t, "sms", person.number.ending);
    await tab.reload();
    expect(await scanned(tab, t), "the other attempt goes on").toBe(uri);
    await person.phone.scan(uri);
    await confirmMessage(page, t, await person.newestCode(person.number.e164));
    await expect(page).toHaveURL(portal.url);
    await awaitScan(tab, t, control);
    await expect(tab).toHaveURL(portal.url);
    await expect(rows(tab, t, "push")).toHaveCount(1);
    await expect(rows(tab, t, "phone")).toHaveCount(1);
  });

  test("the same kind in two tabs: the second leads to the attempt of the first [RC-03]", { tag: "@no-script" }, async ({
    page, portal, context, person, anotherPerson, control, signedIn, t,
  }) => {
    await signedIn(() => person.phone.freshCode());
    await openAdd(page, t, "phone");
    const tab = await context.newPage();
    await tab.goto(`${portal.url}add/phone`);
    const started = await control.now();
    await sendToPhone(page, t, { number: person.number.written });
    await expectSent(page, t, "sms", person.number.ending);
    await sendToPhone(tab, t, { number: anotherPerson.number.written });
    await expectSent(tab, t, "sms", person.number.ending);
    expect(await control.countRequests(started, "POST", "/mfa/associate"), "codes asked for").toBe(1);

    const code = await person.newestCode(person.number.e164);
    await confirmMessage(tab, t, code);
    await expect(tab).toHaveURL(portal.url);
    await confirmMessage(page, t, code);
    await expect(page).toHaveURL(portal.url);
    await expect(rows(page, t, "phone")).toHaveCount(1);
  });

  test("notifications in two tabs: both show the same QR code, and both find out", async ({
    page, portal, context, person, control, signedIn, t,
  }) => {
    await signedIn(() => person.phone.freshCode());
    const uri = await openScan(page, t);
    const tab = await context.newPage();
    await tab.goto(`${portal.url}add/push`);
    expect(await scanned(tab, t)).toBe(uri);
    await person.phone.scan(uri);
    await sayScanned(page, t);
    await expect(page).toHaveURL(portal.url);
    const started = await control.now();
    await sayScanned(tab, t);
    await expect(tab).toHaveURL(portal.url);
    expect(await control.countRequests(started, "POST", "/oauth/token"), "polls at the tenant").toBe(0);
    await expect(rows(tab, t, "push")).toHaveCount(1);
  });

  test("the same kind in two browsers: neither spoils the other's", async ({
    page, portal, person, anotherPerson, anotherBrowser, signedIn, t,
  }) => {
    await signedIn(() => person.phone.freshCode());
    const elsewhere = await (await anotherBrowser()).newPage();
    await signIn(elsewhere, { portal: portal.url, person, t, secondStep: () => person.phone.freshCode() });
    for (const [browser, number] of [[page, person.number], [elsewhere, anotherPerson.number]] as const) {
      await openAdd(browser, t, "phone");
      await sendToPhone(browser, t, { number: number.written });
      await expectSent(browser, t, "sms", number.ending);
    }
    await confirmMessage(page, t, await person.newestCode(person.number.e164));
    await expect(page).toHaveURL(portal.url);
    await confirmMessage(elsewhere, t, await person.newestCode(anotherPerson.number.e164));
    await expect(elsewhere).toHaveURL(portal.url);
    await expect(rows(elsewhere, t, "phone")).toHaveCount(2);
  });

  test("a double click on Send sends one code [RC-03]", { tag: "@no-script" }, async ({ page, person, control, signedIn, t }) => {
    await signedIn(() => person.phone.freshCode());
    await openAdd(page, t, "phone");
    await page.getByRole("textbox", { name: t("add-phone.number.label") }).fill(person.number.written);
    await page.getByRole("radio", { name: t("add-phone.channel.sms") }).check();
    await page.getByRole("button", { name: t("add-phone.send") }).dblclick();
    await expect(messageField(page, t)).toBeVisible();
    expect(await control.messages(person.number.e164)).toHaveLength(1);
  });
});

test("fifty attempts that nobody finished are in nobody's way", async ({ page, portal, person, control, signedIn, t }) => {
  await leaveBehind(control, portal.tenant, person, 50);
  await signedIn();
  await expect(page.getByRole("heading", { name: t("overview.empty.title") })).toBeVisible();

  await test.step("at once", async () => {
    await openAdd(page, t, "phone");
    await sendToPhone(page, t, { number: person.number.written });
    await expectSent(page, t, "sms", person.number.ending);
    await page.getByRole("button", { name: t("add-message.cancel") }).click();
    await expectPage(page, t("overview.title"));
  });

  await test.step("and later, when they are swept away in portions", async () => {
    await control.advance("11m");
    await page.goto(`${portal.url}add/phone`);
    await confirmIdentity(page, t, { person });
    const started = await control.now();
    await sendToPhone(page, t, { number: person.number.written });
    await expectSent(page, t, "sms", person.number.ending);
    expect(await control.countRequests(started, "DELETE", "/mfa/authenticators"), "leftovers removed").toBeGreaterThan(0);
    await confirmMessage(page, t, await person.newestCode(person.number.e164));
    await expect(notice(page, t("notice.phone-added"))).toBeFocused();
    await expect(rows(page, t, "phone")).toHaveCount(1);
  });
});
