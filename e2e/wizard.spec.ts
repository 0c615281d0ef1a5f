// Starting, leaving and repeating the wizard; and what the company does not offer.
import { expect, test } from "./support/fixtures";
import { confirmApp, expectPage, keyOf, openWizard, openWizardAndScan, saveRecoveryCode } from "./support/steps";

test("a double click on Start makes one attempt [RC-03]", { tag: "@no-script" }, async ({
  page, portal, control, signedIn, t,
}) => {
  await signedIn();
  await page.goto(`${portal.url}add/app`);
  const started = await control.now();
  await page.getByRole("button", { name: t("add-app.intro.start") }).dblclick();
  await keyOf(page, t);
  expect(await control.countRequests(started, "POST", "/mfa/associate")).toBe(1);
});

test("reload, Back and another tab lead to the same attempt", async ({ page, portal, context, control, signedIn, t }) => {
  await signedIn();
  await openWizard(page, t);
  const { key } = await keyOf(page, t);
  const started = await control.now();
  await page.reload();
  expect((await keyOf(page, t)).key).toBe(key);
  await page.getByRole("banner").getByRole("link", { name: t("layout.product") }).click();
  await expectPage(page, t("overview.title"));
  await page.goBack();
  expect((await keyOf(page, t)).key).toBe(key);
  const tab = await context.newPage();
  await tab.goto(`${portal.url}add/app`);
  expect((await keyOf(tab, t)).key).toBe(key);
  expect(await control.countRequests(started, "POST", "/mfa/associate")).toBe(0);
});

test("leaving it adds nothing, and the key is dead", { tag: "@no-script" }, async ({
  page, portal, person, control, signedIn, t,
}) => {
  await signedIn();
  const key = await openWizardAndScan(page, t, person);
  const started = await control.now();
  await page.getByRole("button", { name: t("add-app.cancel") }).click();
  await expect(page.getByRole("status").filter({ hasText: t("notice.scan-cancelled") })).toBeFocused();
  await expect(page.getByRole("heading", { name: t("overview.empty.title") })).toBeVisible();
  expect(await control.countRequests(started, "DELETE", "/mfa/authenticators"), "the tenant's unconfirmed entry").toBe(1);

  await page.goto(`${portal.url}add/app`);
  await page.getByRole("button", { name: t("add-app.intro.start") }).click();
  const next = await keyOf(page, t);
  expect(next.key).not.toBe(key);
  await person.phone.scan(next.uri);
  await confirmApp(page, t, await person.phone.code());
  await saveRecoveryCode(page, t);
  await expect(page).toHaveURL(portal.url);
});

test.describe("on a phone", () => {
  test.use({ hasTouch: true, isMobile: true, viewport: { width: 390, height: 800 } });

  test("the key goes into an app on the same phone by a link, which comes first", async ({ page, signedIn, t }) => {
    await signedIn();
    await openWizard(page, t);
    const link = page.getByRole("link", { name: t("add-app.scan.same-phone") });
    await expect(link).toBeVisible();
    const [above, below] = [await link.boundingBox(), await page.getByRole("img", { name: t("add-app.scan.qr") }).boundingBox()];
    expect(above!.y).toBeLessThan(below!.y);
    expect(await link.getAttribute("href")).toMatch(/^otpauth:\/\/totp\/Example%20Company:/);
  });
});

test.describe("not possible", () => {
  test.use({ expectedStatuses: [409, 422, 502] });

  test("where the company has switched it off", async ({ page, portal, control, signedIn, t }) => {
    await signedIn();
    await page.goto(`${portal.url}add/app`);
    await control.changeTenant({ factors: { otp: false } });
    await page.getByRole("button", { name: t("add-app.intro.start") }).click();
    await expectPage(page, t("error.not-offered.title"));
    await page.getByRole("link", { name: t("action.overview") }).click();
    await expect(page).toHaveURL(portal.url);
  });

  test("while the tenant fails: nothing was changed, and it may be tried again", async ({
    page, portal, control, signedIn, t,
  }) => {
    await signedIn();
    await page.goto(`${portal.url}add/app`);
    await control.addFault({ match: "POST /mfa/associate", status: 503, times: 1 });
    await page.getByRole("button", { name: t("add-app.intro.start") }).click();
    await expectPage(page, t("error.not-done.title"));
    await page.getByRole("link", { name: t("action.again") }).click();
    await page.getByRole("button", { name: t("add-app.intro.start") }).click();
    await keyOf(page, t);
  });

  test("a code that could not be checked is no wrong one", async ({ page, person, control, signedIn, t }) => {
    await signedIn();
    await openWizardAndScan(page, t, person);
    await control.addFault({ match: "POST /oauth/token", status: 503, times: 1 });
    await confirmApp(page, t, await person.phone.code());
    await expect(page.getByRole("alert")).toContainText(t("add-app.code.unchecked"));
    await confirmApp(page, t, await person.phone.freshCode());
    await expectPage(page, t("recovery-code.title"));
  });

  test("a code that was taken while the answer was lost counts", async ({ page, person, control, signedIn, t }) => {
    await signedIn();
    await openWizardAndScan(page, t, person);
    await control.addFault({ match: "POST /oauth/token", drop: true, after: true, times: 1 });
    const started = await control.now();
    await confirmApp(page, t, await person.phone.code());
    await expectPage(page, t("recovery-code.title"));
    expect(await control.countRequests(started, "POST", "/oauth/token"), "codes sent to the tenant").toBe(1);
  });
});

test.describe("the portal itself gives no answer", () => {
  test.use({ expectedStatuses: [502], expectedOnConsole: /ERR_FAILED|htmx:error/ });

  for (const [name, answer] of [
    ["the connection breaks", undefined],
    ["a proxy answers in its place", { status: 502, contentType: "text/html", body: "<h1>Bad gateway</h1>" }],
  ] as const) {
    test(`${name}: it is said, and nothing is repeated`, async ({ page, portal, person, signedIn, t }) => {
      await signedIn();
      const key = await openWizardAndScan(page, t, person);
      let sent = 0;
      await page.route("**/add/app/confirm", (route) => {
        sent++;
        return answer ? route.fulfill(answer) : route.abort();
      });
      await confirmApp(page, t, "123456");
      const message = page.getByRole("alert").filter({ hasText: t("failure.text") });
      await expect(message).toBeFocused();
      await expect(page.getByText("Bad gateway")).toHaveCount(0);
      await message.getByRole("link", { name: t("failure.reload") }).click();
      await expect(message).toHaveCount(0);
      await expect(page).toHaveURL(`${portal.url}add/app`);
      expect((await keyOf(page, t)).key).toBe(key);
      expect(sent).toBe(1);
    });
  }
});
