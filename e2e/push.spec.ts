// Notifications: the page that waits for the phone to scan, whatever the phone and the tenant do meanwhile; and the phone
// that says no at a sign-in.
import type { Page } from "@playwright/test";
import type { Control } from "./support/control";
import { expect, test } from "./support/fixtures";
import { listen } from "./support/listen";
import { approveOnPhone, beginSignIn, chooseMethod, enterCode, sayApproved } from "./support/sign-in";
import {
  appRows, awaitScan, expectPage, notice, openScan, recoveryCodeOn, rows, saveRecoveryCode, sayScanned, scanned, signOut,
} from "./support/steps";

test.use({ owns: "otp", expectedStatuses: [400, 401, 409, 422, 429] });

test("too late: the page says so by itself, and has a new QR code in one click", { tag: "@no-script" }, async ({
  page, portal, person, control, signedIn, t,
}) => {
  await page.clock.install();
  await signedIn(() => person.phone.freshCode());
  const old = await openScan(page, t);
  const scripted = test.info().project.use.javaScriptEnabled !== false;

  await test.step("it ran out", async () => {
    const asked = page.getByRole("button", { name: t("add-push.scanned") });
    await asked.focus();
    const spoken = scripted ? await listen(page) : async () => [];
    const started = await control.now();
    await control.advance("5m");
    await awaitScan(page, t, control);
    await expect(page.getByRole("heading", { name: t("add-push.state.expired.title") })).toBeVisible();
    await expect(page.getByRole("img", { name: t("add-push.scan.qr") })).toHaveCount(0);
    expect(await control.countRequests(started, "POST", "/oauth/token"), "the tenant is not asked any more").toBe(0);
    if (!scripted) return;
    await expect(page.getByRole("button", { name: t("add-push.renew") }), "the focus stays in its place").toBeFocused();
    await page.clock.runFor(1000);
    expect((await spoken()).join(), "what screen readers were told").toContain(t("add-push.state.expired.title"));
    await page.clock.runFor(20_000);
    expect(await spoken()).toHaveLength(1);
  });

  await test.step("a new one", async () => {
    await page.getByRole("button", { name: t("add-push.renew") }).click();
    const next = await scanned(page, t);
    expect(next).not.toBe(old);
    await expect(person.phone.scan(old)).rejects.toThrow(/refused/);
    await person.phone.scan(next);
    await awaitScan(page, t, control);
    await expect(page).toHaveURL(portal.url);
    await expect(notice(page, t("notice.push-added"))).toBeFocused();
    await expect(rows(page, t, "push")).toHaveCount(1);
  });
});

test("too late after the button was pressed: what it was answered goes, and the focus does not fall", async ({
  page, person, control, signedIn, t,
}) => {
  await page.clock.install();
  await signedIn(() => person.phone.freshCode());
  await openScan(page, t);
  await sayScanned(page, t);
  const answer = page.getByRole("alert").filter({ hasText: t("add-push.asked.not-yet") });
  await expect(answer).toBeFocused();
  await control.advance("5m");
  await awaitScan(page, t, control);
  const over = page.locator("#push-over");
  await expect(over).toContainText(t("add-push.state.expired.title"));
  await expect(over).toBeFocused();
  await expect(answer).toBeHidden();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", { name: t("add-push.renew") })).toBeFocused();
});

test("scanned in the last seconds, after the page's last question: it is added, and nothing else is said", {
  tag: "@no-script",
}, async ({ page, portal, person, control, signedIn, t }) => {
  await page.clock.install();
  await signedIn(() => person.phone.freshCode());
  await person.phone.scan(await openScan(page, t));
  await control.advance("5m");
  await awaitScan(page, t, control);
  await expect(page).toHaveURL(portal.url);
  await expect(notice(page, t("notice.push-added"))).toBeFocused();
  await expect(rows(page, t, "push")).toHaveCount(1);
});

test("while it waits, the page is calm: the focus stays, and nothing is said twice", async ({
  page, person, control, signedIn, t,
}) => {
  await page.clock.install();
  await signedIn(() => person.phone.freshCode());
  await openScan(page, t);
  const cancel = page.getByRole("button", { name: t("add-push.cancel") });
  const asked = page.getByRole("button", { name: t("add-push.scanned") });
  const spoken = await listen(page);
  const ask = async () => {
    const answered = page.waitForResponse("**/add/push/check");
    await awaitScan(page, t, control);
    await (await answered).finished();
    await page.clock.runFor(200);
  };

  await test.step("nothing new", async () => {
    await cancel.focus();
    const code = await page.getByRole("img", { name: t("add-push.scan.qr") }).elementHandle();
    for (let times = 0; times < 3; times++) await ask();
    await expect(cancel).toBeFocused();
    expect(await code!.evaluate((element) => element.isConnected), "the page is not drawn again").toBe(true);
    expect(await spoken()).toEqual([]);
  });

  await test.step("the tenant does not answer: said once, with the focus where it is", async () => {
    await asked.focus();
    await silence(control);
    await ask();
    await expect(page.getByText(t("add-push.state.unsure")).first()).toBeVisible();
    await expect(asked).toBeFocused();
    await ask();
    expect(await spoken()).toEqual([t("add-push.state.unsure")]);
  });

  await test.step("it answers again", async () => {
    await control.clearFaults();
    await ask();
    await expect(page.locator("[data-news]")).toHaveText(t("add-push.state.waiting"));
    await expect(asked).toBeFocused();
    expect(await spoken()).toHaveLength(2);
  });
});

test("a tenant that is strict about the rhythm: the page asks less often, and goes on", async ({
  page, person, control, signedIn, t,
}) => {
  await control.changeTenant({ variants: { push_poll_interval: "5" } });
  await page.clock.install();
  await signedIn(() => person.phone.freshCode());
  const uri = await openScan(page, t);

  await test.step("clicks in a row are not passed on", async () => {
    const started = await control.now();
    for (let clicks = 0; clicks < 3; clicks++) {
      await sayScanned(page, t);
      await expect(page.getByRole("alert").filter({ hasText: t("add-push.asked.not-yet") })).toBeFocused();
    }
    const polls = await control.countRequests(started, "POST", "/oauth/token");
    const passed = (await control.now()).getTime() - started.getTime();
    expect(polls, "polls at the tenant").toBeGreaterThan(0);
    expect(polls, "polls at the tenant").toBeLessThanOrEqual(1 + Math.floor(passed / 5000));
  });

  await test.step("asked to slow down, it does", async () => {
    await control.addFault({ match: "POST /oauth/token", status: 400, body: { error: "slow_down" }, times: 1 });
    const answered = page.waitForResponse("**/add/push/check");
    await awaitScan(page, t, control);
    await (await answered).finished();
    await expect(page.locator("#push-status")).toHaveAttribute("hx-trigger", "every 10s");
    let asked = 0;
    page.on("request", (request) => (asked += Number(request.url().endsWith("/add/push/check"))));
    await awaitScan(page, t, control);
    expect(asked, "questions after five seconds").toBe(0);
    await person.phone.scan(uri);
    await awaitScan(page, t, control);
    await expect(notice(page, t("notice.push-added"))).toBeFocused();
  });
});

test("asked for by the button: not yet, no answer, done", { tag: "@no-script" }, async ({
  page, person, control, signedIn, t,
}) => {
  await signedIn(() => person.phone.freshCode());
  const uri = await openScan(page, t);
  const told = (state: string) => page.getByRole("alert").filter({ hasText: t(`add-push.asked.${state}`) });
  await sayScanned(page, t);
  await expect(told("not-yet")).toBeVisible();
  expect(await scanned(page, t), "the same QR code").toBe(uri);

  await control.advance("6s");
  await silence(control);
  await sayScanned(page, t);
  await expect(told("unsure")).toBeVisible();

  await control.clearFaults();
  await control.advance("6s");
  await person.phone.scan(uri);
  await sayScanned(page, t);
  await expect(notice(page, t("notice.push-added"))).toBeFocused();
});

for (const [name, variant] of [
  ["as recorded", { status: 400, body: { error: "access_denied" } }],
  ["as documented", { status: 403, body: { error: "invalid_grant", error_description: "MFA Authorization rejected." } }],
] as const) {
  test(`the tenant says no, ${name}: nothing was added, and one may try again`, async ({
    page, person, control, signedIn, t,
  }) => {
    await page.clock.install();
    await signedIn(() => person.phone.freshCode());
    await openScan(page, t);
    await control.addFault({ match: "POST /oauth/token", ...variant, times: 1 });
    await awaitScan(page, t, control);
    await expect(page.getByRole("heading", { name: t("add-push.state.denied.title") })).toBeVisible();
    await page.getByRole("button", { name: t("add-push.renew") }).click();
    await person.phone.scan(await scanned(page, t));
    await awaitScan(page, t, control);
    await expect(notice(page, t("notice.push-added"))).toBeFocused();
  });
}

test("a phone without a network cannot scan yet; later it can", async ({ page, person, control, signedIn, t }) => {
  await page.clock.install();
  await signedIn(() => person.phone.freshCode());
  const uri = await openScan(page, t);
  await person.phone.goOffline();
  await expect(person.phone.scan(uri)).rejects.toThrow(/offline/);
  await awaitScan(page, t, control);
  await expect(page.getByText(t("add-push.state.waiting"))).toBeVisible();
  await person.phone.goOnline();
  await person.phone.scan(uri);
  await awaitScan(page, t, control);
  await expect(notice(page, t("notice.push-added"))).toBeFocused();
});

test("leaving adds nothing, and the QR code is dead", { tag: "@no-script" }, async ({ page, portal, person, signedIn, t }) => {
  await signedIn(() => person.phone.freshCode());
  const uri = await openScan(page, t);
  await page.reload();
  expect(await scanned(page, t), "the same after a reload").toBe(uri);
  await page.getByRole("button", { name: t("add-push.cancel") }).click();
  await expect(page).toHaveURL(portal.url);
  await expect(notice(page, t("notice.scan-cancelled"))).toBeFocused();
  await expect(person.phone.scan(uri)).rejects.toThrow(/refused/);
  await expect(rows(page, t, "push")).toHaveCount(0);
});

test.describe("a page closed too early", () => {
  test.use({ owns: "" });

  test("ends well: what the phone has done counts, and the recovery code is shown [MF-22]", { tag: "@no-script" }, async ({
    page, portal, context, person, signedIn, t,
  }) => {
    await signedIn();
    const uri = await openScan(page, t);
    await page.close();
    await person.phone.scan(uri);
    const tab = await context.newPage();
    await tab.goto(portal.url);
    await expectPage(tab, t("recovery-code.title"));
    expect(await recoveryCodeOn(tab)).toMatch(/^[A-Z0-9]{24}$/);
    await saveRecoveryCode(tab, t);
    await expect(rows(tab, t, "push")).toHaveCount(1);
    await expect(rows(tab, t, "push")).toContainText(t("method.push.fact.codes"));
    await expect(appRows(tab, t)).toHaveCount(0);
  });
});

test.describe("at the next sign-in", () => {
  test.use({ owns: "push otp" });

  test("denied on the phone: nobody gets in that way", { tag: "@french" }, async ({ page, portal, person, t }) => {
    await beginSignIn(page, { portal: portal.url, person, t });
    await expectVerification(page);
    await person.phone.deny();
    await sayApproved(page);
    await expect(page.getByRole("alert")).toHaveText(/denied|refusée/i);
    await chooseMethod(page, "app");
    await enterCode(page, await person.phone.freshCode());
    await expect(page).toHaveURL(portal.url);
  });

  test("a notification reaches a phone that was offline, and counts for five minutes", async ({
    page, portal, person, control, t,
  }) => {
    await person.phone.goOffline();
    await beginSignIn(page, { portal: portal.url, person, t });
    await expectVerification(page);
    expect(await person.phone.pushes()).toEqual([]);
    await control.advance("4m");
    await person.phone.goOnline();
    await approveOnPhone(page, person);
    await expect(page).toHaveURL(portal.url);

    await signOut(page, t);
    await beginSignIn(page, { portal: portal.url, person, t });
    await expectVerification(page);
    await control.advance("5m1s");
    await expect(person.phone.approve()).rejects.toThrow(/409|refused|no such/);
  });
});

test.describe("on a phone", () => {
  test.use({ hasTouch: true, isMobile: true, viewport: { width: 390, height: 800 } });

  test("the page says that another screen is needed, and offers the app with codes", async ({
    page, portal, person, signedIn, t,
  }) => {
    await signedIn(() => person.phone.freshCode());
    await page.goto(`${portal.url}add/push`);
    await expect(page.getByRole("heading", { name: t("add-push.screen.title") })).toBeVisible();
    await page.getByRole("link", { name: t("add-push.screen.app") }).click();
    await expect(page).toHaveURL(`${portal.url}add/app`);
  });
});

test("on a computer that hint is not shown, and the stores are named", async ({ page, portal, person, signedIn, t }) => {
  await signedIn(() => person.phone.freshCode());
  await page.goto(`${portal.url}add/push`);
  await expect(page.getByText(t("add-push.screen.title"))).toBeHidden();
  for (const [store, host] of [["app-store", "apps.apple.com"], ["google-play", "play.google.com"]] as const) {
    const link = page.getByRole("link", { name: t(`add-push.get.${store}`) });
    expect(new URL((await link.getAttribute("href")) ?? "").host).toBe(host);
  }
});

/** From now on the tenant answers neither the question nor the look at the list that follows it. */
async function silence(control: Control): Promise<void> {
  await control.addFault({ match: "POST /oauth/token", status: 503 });
  await control.addFault({ match: "GET /mfa/authenticators", status: 503 });
}

async function expectVerification(page: Page): Promise<void> {
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(/verify your identity|vérifiez votre identité/i);
}
