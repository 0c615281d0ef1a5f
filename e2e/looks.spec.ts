// Every page and state, examined in light, dark, on 320 px, with large text and under forced colours (support/accessibility).
// In French as well, whose words are longer.
import type { Page } from "@playwright/test";
import { lookAt } from "./support/accessibility";
import { expect, test } from "./support/fixtures";
import { beginSignIn, enterCode, enterPassword } from "./support/sign-in";
import {
  addSecondApp, appName, confirmApp, confirmIdentity, expectMistake, expectPage, openRemoval, openWizard, openWizardAndScan,
  recoveryCodeOn, saveRecoveryCode,
} from "./support/steps";
import { wrongCode } from "./support/totp";

test.use({ expectedStatuses: [400, 401, 403, 404, 409, 422, 429, 503] });
test.slow(); // five looks at each page

test("pages of visitors", { tag: "@french" }, async ({ page, portal, control, signedIn, t }) => {
  await page.goto(portal.url);
  await lookAt(page, "landing");
  await page.goto(`${portal.url}add/app`);
  await expectPage(page, t("landing.sign-in-first.title"));
  await lookAt(page, "landing-sign-in-first");
  await page.goto(`${portal.url}nowhere`);
  await expectPage(page, t("error.page-not-found.title"));
  await lookAt(page, "error-page-not-found");

  await signedIn();
  await control.advance("16m");
  await page.reload();
  await expectPage(page, t("landing.ended.title"));
  await lookAt(page, "landing-ended");
});

test("the wizard and its mistakes", { tag: "@french" }, async ({ page, portal, person, control, signedIn, t }) => {
  await signedIn();
  await lookAt(page, "overview-empty");
  await page.goto(`${portal.url}add/app`);
  await lookAt(page, "add-app-intro");
  await page.goto(portal.url);
  const key = await openWizardAndScan(page, t, person);
  await lookAt(page, "add-app");

  await confirmApp(page, t, "12 letters");
  await expectMistake(page, t, t("add-app.code.not-digits"));
  await lookAt(page, "add-app-malformed");

  const wrong = wrongCode(key, await control.now());
  for (let misses = 1; misses <= 4; misses++) {
    await confirmApp(page, t, wrong);
    await expectMistake(page, t, t("add-app.code.wrong"));
  }
  await lookAt(page, "add-app-last-attempt");
  await confirmApp(page, t, wrong);
  await expect(page.getByRole("alert").filter({ hasText: t("add-app.discarded.title") })).toBeFocused();
  await lookAt(page, "add-app-discarded");
});

test("the proof's end", { tag: "@french" }, async ({ page, control, signedIn, t }) => {
  await signedIn();
  await openWizard(page, t);
  await control.advance("8m30s");
  await page.reload();
  await expect(page.getByRole("link", { name: t("proof.renew"), exact: true })).toBeVisible();
  await lookAt(page, "add-app-warning");
  await control.advance("2m");
  await page.reload();
  await expectPage(page, t("confirm.title"));
  await lookAt(page, "confirm");
});

test("the recovery code, and signing out without it", { tag: "@french" }, async ({ page, portal, person, signedIn, t }) => {
  await signedIn();
  await openWizardAndScan(page, t, person);
  await confirmApp(page, t, await person.phone.code());
  await expectPage(page, t("recovery-code.title"));
  await lookAt(page, "recovery-code");
  await page.getByRole("button", { name: t("recovery-code.continue") }).click();
  await expectMistake(page, t, t("recovery-code.unticked"));
  await lookAt(page, "recovery-code-unticked");
  await page.reload();
  await expectPage(page, t("recovery-code.hidden.title"));
  await lookAt(page, "recovery-code-hidden");

  const signOut = page.getByRole("banner").getByRole("button", { name: t("layout.sign-out") });
  await signOut.click();
  await expectPage(page, t("sign-out.title"));
  await lookAt(page, "sign-out-warning");
  await page.getByRole("link", { name: t("sign-out.save") }).click();
  await page.getByRole("button", { name: t("recovery-code.hidden.show") }).click();
  expect(await recoveryCodeOn(page)).not.toBe("");
  await saveRecoveryCode(page, t);
  await expect(page.getByRole("status").filter({ hasText: t("notice.recovery-saved") })).toBeVisible();
  await lookAt(page, "overview-saved");
  await page.goto(`${portal.url}recovery-code`);
  await expectPage(page, t("recovery-code.none.title"));
  await lookAt(page, "recovery-code-none");

  await page.route(`${portal.tenant}oidc/logout*`, (route) => route.abort("aborted")); // stays on the page
  await signOut.click();
  await expectPage(page, t("signing-out.title"));
  await lookAt(page, "signing-out");
  await page.unroute(`${portal.tenant}oidc/logout*`);
  await page.getByRole("link", { name: t("signing-out.action") }).click();
  await expectPage(page, t("signed-out.title"));
  await lookAt(page, "signed-out");
});

test("removing", { tag: "@french" }, async ({ page, person, enrolled: _, signedIn, t }) => {
  await signedIn(() => person.phone.freshCode());
  await lookAt(page, "overview");
  await page.getByRole("link", { name: `${t("overview.remove")} ${appName(t)}` }).click();
  await expectPage(page, t("remove.refused.heading", { Name: appName(t) }));
  await lookAt(page, "remove-refused");
  await page.goBack();
  await addSecondApp(page, t, person);
  await lookAt(page, "overview-two-apps");
  await openRemoval(page, t, appName(t, 2));
  await lookAt(page, "remove");
});

test("errors", { tag: "@french" }, async ({ page, portal, person, anotherPerson, control, signedIn, t }) => {
  await signedIn();
  await control.addFault({ match: "GET /mfa/authenticators", status: 429, headers: { "Retry-After": "300" }, times: 1 });
  await page.reload();
  await expectPage(page, t("error.rate-limited.title"));
  await lookAt(page, "error-rate-limited");
  await control.advance("5m1s"); // before that, the tenant is not asked again
  await control.addFault({ match: "GET /mfa/authenticators", status: 503 });
  await page.reload();
  await expectPage(page, t("error.unavailable.title"));
  await lookAt(page, "error-unavailable");
  await control.clearFaults();

  await page.goto(`${portal.url}callback?state=none`);
  await expectPage(page, t("error.sign-in-expired.title"));
  await lookAt(page, "error-sign-in-expired");

  await control.advance("11m");
  await page.goto(`${portal.url}add/app`);
  await confirmIdentity(page, t, { person: anotherPerson });
  await expectPage(page, t("error.other-person.title"));
  await expect(page.getByRole("main")).not.toContainText(person.name);
  await lookAt(page, "error-other-person");
});

test.describe("without an answer", () => {
  test.use({ expectedOnConsole: /ERR_FAILED|htmx:error/ });

  test("to a form", { tag: "@french" }, async ({ page, signedIn, t }) => {
    await signedIn();
    await openWizard(page, t);
    await page.route("**/add/app/confirm", (route) => route.abort());
    await confirmApp(page, t, "123456");
    await expect(page.getByRole("alert").filter({ hasText: t("failure.text") })).toBeFocused();
    await lookAt(page, "no-answer");
  });
});

test("the tenant's sign-in", { tag: "@french" }, async ({ page, portal, person, enrolled, t }) => {
  await page.goto(portal.url);
  await page.getByRole("link", { name: t("landing.sign-in") }).click();
  await lookAt(page, "tenant-login");
  await enterPassword(page, { ...person, password: "wrong" });
  await expect(page.getByRole("alert")).toBeFocused();
  await lookAt(page, "tenant-login-wrong");
  await enterPassword(page, person);
  await lookAt(page, "tenant-code");
  await enterCode(page, "000000");
  await expect(page.getByRole("alert")).toBeFocused();
  await lookAt(page, "tenant-code-wrong");
  await page.getByRole("link", { name: /another method|autre méthode/i }).click();
  await lookAt(page, "tenant-options");
  await page.getByRole("link", { name: /recovery code|code de récupération/i }).click();
  await lookAt(page, "tenant-recovery-code");
  const challenge = page.url();
  await enterCode(page, enrolled.recoveryCode);
  await expect(page.locator("#recovery-code")).toBeVisible();
  await lookAt(page, "tenant-new-recovery-code");
  await page.getByRole("checkbox").check();
  await page.getByRole("button", { name: /^continu/i }).click();
  await expect(page).toHaveURL(portal.url);
  await page.goto(challenge);
  await lookAt(page, "tenant-over");
  await page.goto(`${portal.tenant}oidc/logout`);
  await lookAt(page, "tenant-logout");
});

test("the tenant's console", async ({ page, portal, person, enrolled: _, control, t }) => {
  await beginSignIn(page, { portal: portal.url, person, t });
  await enterCode(page, await person.phone.freshCode());
  await control.addFault({ match: "GET /mfa/nowhere", status: 503 });
  for (const name of ["", "phones", "users", "tenant", "clock", "faults", "log", "requests", "nowhere"]) {
    await page.goto(`${portal.tenant}console/${name}`.replace(/\/$/, ""));
    await lookAt(page, `console-${name || "overview"}`);
  }
  await phoneOf(page, portal.tenant, person.name);
  await lookAt(page, "console-phone");
  await page.getByRole("textbox").first().fill("otpauth://hotp/x");
  await page.getByRole("button", { name: /^Add/ }).first().click();
  await lookAt(page, "console-phone-refused");
});

async function phoneOf(page: Page, tenant: string, name: string): Promise<void> {
  await page.goto(`${tenant}console/phones`);
  await page.getByRole("link", { name: `Phone of ${name}` }).click();
}
