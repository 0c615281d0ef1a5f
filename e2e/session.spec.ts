// The end of a session, while one is away or in the middle of something, and the way back.
import { expect, test } from "./support/fixtures";
import { enterCode, enterPassword, signIn } from "./support/sign-in";
import { expectPage, keyOf, openWizardAndScan } from "./support/steps";
import { codeAt } from "./support/totp";

test("fifteen minutes without a request end it [SE-07]", { tag: "@no-script" }, async ({
  page, portal, person, enrolled: _, control, signedIn, t,
}) => {
  await signedIn(() => person.phone.freshCode());
  await page.goto(`${portal.url}add/app`);
  await control.advance("15m1s");
  await page.reload();
  await expectPage(page, t("landing.ended.title"));
  await expect(page.getByRole("main")).not.toContainText(person.email);

  await test.step("signing in leads to the wanted page", async () => {
    await page.getByRole("link", { name: t("landing.sign-in") }).click();
    await enterCode(page, await person.phone.freshCode());
    await expect(page).toHaveURL(`${portal.url}add/app`);
    await expect(page.getByRole("button", { name: t("add-app.intro.start") })).toBeVisible();
  });
});

test("an hour ends it in any case [SE-08]", async ({ page, portal, control, signedIn, t }) => {
  await signedIn();
  for (let minutes = 0; minutes < 50; minutes += 10) {
    await control.advance("10m");
    await page.goto(`${portal.url}signed-out`);
    await expect(page.getByRole("button", { name: t("layout.sign-out") })).toBeVisible();
  }
  await control.advance("10m");
  await page.goto(portal.url);
  await expectPage(page, t("landing.ended.title"));
});

test("it ends with a code typed: the whole page moves, no sign-in lands in a box [XS-11]", async ({
  page, portal, person, enrolled, control, signedIn, t,
}) => {
  await signedIn(() => person.phone.freshCode());
  const old = await openWizardAndScan(page, t, person);
  await page.getByRole("textbox", { name: t("add-app.code.label") }).fill(await person.phone.code());
  await control.advance("16m");
  const started = await control.now();
  const moved = page.waitForEvent("framenavigated");
  await page.getByRole("button", { name: t("add-app.code.confirm"), exact: true }).click();
  await moved;
  await expectPage(page, t("landing.ended.title"));
  await expect(page.getByRole("banner")).toHaveCount(1);
  expect(await control.countRequests(started, "POST", "/oauth/token"), "codes sent to the tenant").toBe(0);

  await test.step("back on the wanted page, which says to begin anew", async () => {
    await page.getByRole("link", { name: t("landing.sign-in") }).click();
    await enterCode(page, codeAt(enrolled.key, await control.now()));
    await expect(page).toHaveURL(`${portal.url}add/app`);
    await page.getByRole("button", { name: t("add-app.intro.start") }).click();
    expect((await keyOf(page, t)).key).not.toBe(old);
  });
});

test("a visitor who wants a page gets it after signing in", { tag: "@everywhere" }, async ({ page, portal, person, t }) => {
  await page.goto(`${portal.url}add/app`);
  await expectPage(page, t("landing.sign-in-first.title"));
  await expect(page.getByRole("main")).toContainText(t("place.add-app"));
  await page.getByRole("link", { name: t("landing.sign-in") }).click();
  await enterPassword(page, person);
  await expect(page).toHaveURL(`${portal.url}add/app`);
});

test("signed out here, a page open elsewhere can do nothing [SE-10]", async ({
  page, portal, context, person, control, signedIn, t,
}) => {
  await signedIn();
  await openWizardAndScan(page, t, person);
  const tab = await context.newPage();
  await tab.goto(portal.url);
  await tab.getByRole("button", { name: t("layout.sign-out") }).click();
  await expect(tab).toHaveURL(`${portal.url}signed-out`);

  const started = await control.now();
  await page.getByRole("textbox", { name: t("add-app.code.label") }).fill(await person.phone.code());
  await page.getByRole("button", { name: t("add-app.code.confirm"), exact: true }).click();
  await expectPage(page, t("landing.sign-in-first.title"));
  expect(await control.countRequests(started, "POST", "/oauth/token"), "codes sent to the tenant").toBe(0);

  await test.step("Back shows nothing of it", async () => {
    await page.goBack();
    await expect(page.locator("#key")).toHaveCount(0);
    await expect(page.getByRole("main")).not.toContainText(person.email);
  });
});

test("a form of an earlier session is refused, and says so", async ({ page, portal, context, person, control, signedIn, t }) => {
  await signedIn();
  await page.goto(`${portal.url}add/app`);
  const tab = await context.newPage();
  await tab.goto(portal.url);
  await tab.getByRole("button", { name: t("layout.sign-out") }).click();
  await expectPage(tab, t("signed-out.title"));
  await signIn(tab, { portal: portal.url, person, t });

  const started = await control.now();
  await page.getByRole("button", { name: t("add-app.intro.start") }).click();
  await expectPage(page, t("error.form-expired.title"));
  expect(await control.countRequests(started, "POST", "/mfa/associate")).toBe(0);
  await page.getByRole("link", { name: t("action.again") }).click();
  await expect(page.getByRole("button", { name: t("add-app.intro.start") })).toBeVisible();
});
