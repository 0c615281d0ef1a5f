// The main job without a mouse: every stop is seen, in the order of reading, and after each change the focus is where the
// news is.
import { expect, test } from "./support/fixtures";
import { tabStops, tabTo } from "./support/keyboard";
import {
  addSecondApp, appName, appRows, awaitScan, expectMistake, expectPage, expectSent, keyOf, messageField, openAdd, openWizard,
  scanned, sendToPhone,
} from "./support/steps";
import { wrongCode } from "./support/totp";

test("the main job by Tab, Enter and Space", async ({ page, portal, person, control, t }) => {
  const main = page.getByRole("main");
  const press = (key: string) => page.keyboard.press(key);

  await test.step("skip to the content, and sign in", async () => {
    await page.goto(portal.url);
    const skip = page.getByRole("link", { name: t("layout.skip") });
    await tabTo(page, skip);
    await press("Enter");
    await expect(main).toBeFocused();
    await tabTo(page, main.getByRole("link", { name: t("landing.sign-in") }));
    await press("Enter");
    await expect(page.getByRole("textbox", { name: /email/i })).toBeFocused();
    await page.keyboard.type(person.email);
    await press("Tab");
    await page.keyboard.type(person.password);
    await press("Enter");
    await expectPage(page, t("overview.title"));
  });

  await test.step("start the wizard", async () => {
    await tabTo(page, page.getByRole("link", { name: t("add-app.title") }));
    await press("Enter");
    await tabTo(page, page.getByRole("button", { name: t("add-app.intro.start") }));
    await press("Enter");
  });

  await test.step("a wrong code: to the summary, by it to the field, and the right one", async () => {
    const { key, uri } = await keyOf(page, t);
    await person.phone.scan(uri);
    const field = page.getByRole("textbox", { name: t("add-app.code.label") });
    await tabTo(page, field);
    await page.keyboard.type(wrongCode(key, await control.now()));
    await press("Enter");
    await expectMistake(page, t, t("add-app.code.wrong"));
    await press("Tab");
    await press("Enter");
    await expect(field).toBeFocused();
    await page.keyboard.type(await person.phone.code());
    await press("Enter");
    await expectPage(page, t("recovery-code.title"));
  });

  await test.step("the recovery code: first without the tick, then with it", async () => {
    const proceed = page.getByRole("button", { name: t("recovery-code.continue") });
    await tabTo(page, proceed);
    await press("Enter");
    await expectMistake(page, t, t("recovery-code.unticked"));
    await press("Tab");
    await press("Enter");
    await expect(page.getByRole("checkbox")).toBeFocused();
    await press("Space");
    await expect(page.getByRole("checkbox")).toBeChecked();
    await tabTo(page, proceed);
    await press("Enter");
    await expect(page.getByRole("status").filter({ hasText: t("notice.recovery-saved") })).toBeFocused();
  });

  await test.step("remove: Keep comes first, then the button with the name", async () => {
    const name = appName(t, 1);
    await addSecondApp(page, t, person);
    await tabTo(page, page.getByRole("link", { name: `${t("overview.remove")} ${name}` }));
    await press("Enter");
    await expectPage(page, t("remove.heading", { Name: name }));
    await tabTo(page, page.getByRole("link", { name: t("remove.keep") }));
    await press("Tab");
    await expect(page.getByRole("button", { name: t("remove.do", { Name: name }) })).toBeFocused();
    await press("Enter");
    await expect(page.getByRole("status").filter({ hasText: t("notice.removed") })).toBeFocused();
    await expect(appRows(page, t)).toHaveCount(1);
  });

  await test.step("sign out", async () => {
    await page.reload(); // the focus is at the top again
    await tabTo(page, page.getByRole("button", { name: t("layout.sign-out") }));
    await press("Enter");
    await expectPage(page, t("signed-out.title"));
  });
});

test("a phone number by Tab, Space and Enter", async ({ page, person, signedIn, t }) => {
  const main = page.getByRole("main");
  const press = (key: string) => page.keyboard.press(key);
  await signedIn();

  await test.step("choose", async () => {
    await tabTo(page, main.getByRole("link", { name: t("overview.empty.other") }));
    await press("Enter");
    await expectPage(page, t("add.title"));
    await tabTo(page, main.getByText(`${t("add.what")} ${t("method.phone.name")}`).locator("xpath=ancestor-or-self::summary"));
    await press("Enter");
    await expect(page.getByText(t("add.phone.what"))).toBeVisible();
    await page.keyboard.press("Shift+Tab");
    await expect(main.getByRole("link", { name: t("method.phone.name"), exact: true })).toBeFocused();
    await press("Enter");
    await expectPage(page, t("add-phone.title"));
  });

  await test.step("the form, first with nothing in it", async () => {
    const send = page.getByRole("button", { name: t("add-phone.send") });
    await tabTo(page, send);
    await press("Enter");
    await expectMistake(page, t, t("add-phone.problem.empty"));
    await press("Tab");
    await press("Enter");
    await expect(page.getByRole("textbox")).toBeFocused();
    await page.keyboard.type(person.number.written);
    await press("Tab");
    await press("Space");
    await expect(page.getByRole("radio", { name: t("add-phone.channel.sms") })).toBeChecked();
    await press("ArrowDown");
    await expect(page.getByRole("radio", { name: t("add-phone.channel.voice") })).toBeChecked();
    await press("Enter");
    await expectSent(page, t, "voice", person.number.ending);
  });

  await test.step("the button that waits can be reached, and does nothing yet", async () => {
    await tabTo(page, page.getByRole("button", { name: t("add-message.again.call"), exact: true }));
    await press("Enter");
    await expect(page.getByRole("alert").filter({ hasText: t("summary.title") })).toHaveCount(0);
  });

  await test.step("the code", async () => {
    const field = messageField(page, t);
    await field.focus();
    await page.keyboard.type("12");
    await press("Enter");
    await expectMistake(page, t, t("add-message.code.too-short"));
    await press("Tab");
    await press("Enter");
    await expect(field).toBeFocused();
    await press("ControlOrMeta+A");
    await page.keyboard.type(await person.newestCode(person.number.e164));
    await press("Enter");
    await expectPage(page, t("recovery-code.title"));
  });
});

test("notifications by Tab and Enter", async ({ page, person, control, signedIn, t }) => {
  const press = (key: string) => page.keyboard.press(key);
  await page.clock.install();
  await signedIn();
  await openAdd(page, t, "push");
  await tabTo(page, page.getByRole("button", { name: t("add-push.start") }));
  await press("Enter");
  await scanned(page, t);
  await tabTo(page, page.getByRole("button", { name: t("add-push.scanned") }));
  await press("Enter");
  await expect(page.getByRole("alert").filter({ hasText: t("add-push.asked.not-yet") })).toBeFocused();

  await test.step("the code runs out under the focus", async () => {
    await tabTo(page, page.getByRole("button", { name: t("add-push.scanned") }));
    await control.advance("5m");
    await awaitScan(page, t, control);
    await expect(page.getByRole("button", { name: t("add-push.renew") })).toBeFocused();
    await press("Enter");
  });

  await test.step("the phone scans the next one", async () => {
    await person.phone.scan(await scanned(page, t));
    await awaitScan(page, t, control);
    await expectPage(page, t("recovery-code.title"));
  });
});

test("Tab follows the order of reading", async ({ page, portal, person, signedIn, t }) => {
  const head = [t("layout.skip"), `Example Company ${t("layout.product")}`, t("layout.other-language"), t("layout.sign-out")];
  await signedIn();
  expect(await tabStops(page)).toEqual([...head, t("add-app.title"), t("overview.empty.other"), t("proof.confirm")]);

  await openWizard(page, t);
  expect(await tabStops(page)).toEqual([
    ...head, t("proof.confirm"), t("add-app.scan.copy"), t("add-app.parameters"), t("add-app.code.label"),
    t("add-app.code.confirm"), t("add-app.cancel"),
  ]);

  await page.goto(`${portal.url}add/phone`);
  expect(await tabStops(page)).toEqual([
    ...head, t("proof.confirm"), t("add-phone.country.label"), t("add-phone.number.label"), t("add-phone.channel.sms"),
    t("add-phone.send"), t("add.other"),
  ]);
  await sendToPhone(page, t, { number: person.number.written });
  await expectSent(page, t, "sms", person.number.ending);
  expect(await tabStops(page)).toEqual([
    ...head, t("proof.confirm"), t("add-message.code.label"), t("add-message.code.confirm"), t("add-message.again.send"),
    t("add-message.again.call-instead"), t("add-message.change.phone"), t("add-message.cancel"),
  ]);
});
