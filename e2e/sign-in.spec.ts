// Signing in when it does not go well: each failure says what happened and leads on.
import type { Page } from "@playwright/test";
import { expect, test } from "./support/fixtures";
import { beginSignIn, enterPassword } from "./support/sign-in";
import { expectPage } from "./support/steps";

test.describe("refused by the tenant", () => {
  test("a wrong password is the tenant's to explain", { tag: "@french" }, async ({ page, portal, person, t }) => {
    await page.goto(portal.url);
    await page.getByRole("link", { name: t("landing.sign-in") }).click();
    await enterPassword(page, { ...person, password: "wrong" });
    await expect(page.getByRole("alert")).toBeFocused();
    await enterPassword(page, person);
    await expect(page).toHaveURL(portal.url);
  });
  test.use({ expectedStatuses: [400, 403] });

  test("access denied: one may sign in again", { tag: "@no-script" }, async ({ page, portal, person, control, t }) => {
    await control.changeTenant({ policy: ["all-applications"] });
    await beginSignIn(page, { portal: portal.url, person, t });
    await expectPage(page, t("error.sign-in-denied.title"));
    await expectReference(page);
    await expect(page.getByRole("main")).not.toContainText("policy"); // what the tenant wrote beside the code

    await control.changeTenant({ policy: [] });
    await page.getByRole("link", { name: t("action.sign-in") }).click();
    await enterPassword(page, person);
    await expect(page).toHaveURL(portal.url);
  });
});

test.describe("an answer of the tenant that counts no longer", () => {
  test.use({ expectedStatuses: [400] });

  test("used before: the session that it made goes on", async ({ page, portal, person, control, signedIn, t }) => {
    const answers: string[] = [];
    page.on("request", (request) => {
      if (request.url().startsWith(`${portal.url}callback`)) answers.push(request.url());
    });
    await signedIn();
    expect(answers).toHaveLength(1);
    const started = await control.now();
    await page.goto(answers[0]!);
    await expectPage(page, t("error.sign-in-expired.title"));
    await expectReference(page);
    expect(await control.countRequests(started, "POST", "/oauth/token"), "codes redeemed").toBe(0);
    await page.goto(portal.url);
    await expect(page.getByRole("banner")).toContainText(person.email);
  });

  test("ten minutes on the sign-in page are too many", async ({ page, portal, person, control, t }) => {
    await page.goto(portal.url);
    await page.getByRole("link", { name: t("landing.sign-in") }).click();
    await control.advance("10m1s");
    await enterPassword(page, person);
    await expectPage(page, t("error.sign-in-expired.title"));
    await page.getByRole("link", { name: t("action.sign-in") }).click();
    await expect(page).toHaveURL(portal.url);
  });

  test("Back after signing in finds the tenant's page over, and Forward the portal", async ({
    page, portal, signedIn,
  }) => {
    await signedIn();
    expect(await page.evaluate(() => location.href), "no code stays in the address").toBe(portal.url);
    await page.goBack();
    await page.goForward();
    await expect(page).toHaveURL(portal.url);
  });
});

test.describe("the tenant does not answer", () => {
  test.use({ expectedStatuses: [429, 502, 503] });

  test("while signing in", { tag: "@no-script" }, async ({ page, portal, person, control, t }) => {
    await control.addFault({ match: "GET /mfa/authenticators", status: 503 });
    await beginSignIn(page, { portal: portal.url, person, t });
    await expectPage(page, t("error.unavailable.title"));
    await expectReference(page);
    await control.clearFaults();
    await page.getByRole("link", { name: t("action.again") }).click();
    await page.getByRole("link", { name: t("landing.sign-in") }).click();
    await expect(page).toHaveURL(portal.url);
  });

  test("on the overview, by no answer and by a cut connection", async ({ page, portal, control, signedIn, t }) => {
    await signedIn();
    for (const fault of [{ status: 503, body: "<html>upstream token=secret" }, { drop: true }]) {
      await control.addFault({ match: "GET /mfa/authenticators", ...fault });
      await page.reload();
      await expectPage(page, t("error.unavailable.title"));
      await expectReference(page);
      await expect(page.getByRole("main")).not.toContainText("upstream");
      await control.clearFaults();
      await page.getByRole("link", { name: t("action.again") }).click();
      await expectPage(page, t("overview.title"));
    }
    await expect(page).toHaveURL(portal.url);
  });

  test("too many requests: the page says in local time when to come back", async ({ page, control, signedIn, t }) => {
    await signedIn();
    await control.addFault({ match: "GET /mfa/authenticators", status: 429, headers: { "Retry-After": "300" } });
    const started = await control.now();
    await page.reload();
    await expectPage(page, t("error.rate-limited.title"));
    const when = page.locator("time");
    const until = new Date((await when.getAttribute("datetime")) ?? "");
    expect(Math.abs(until.getTime() - started.getTime() - 300_000)).toBeLessThan(30_000);
    const toronto = new Intl.DateTimeFormat("en", { hour: "numeric", minute: "2-digit", timeZone: "America/Toronto" });
    expect((await when.innerText()).replace(/\s/g, " ")).toBe(toronto.format(until).replace(/\s/g, " "));
  });
});

async function expectReference(page: Page): Promise<void> {
  await expect(page.locator(".reference code")).toHaveText(/^[0-9a-f]{8}$/);
}
