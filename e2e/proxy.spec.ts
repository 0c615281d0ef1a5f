// The main job as a company's employees do it: below a path of the intranet, through nginx with the example for
// administrators, which passes paths on as they come or without the prefix [RD-12, RD-13].
import type { BrowserContext, Page } from "@playwright/test";
import { enterPassword } from "./support/sign-in";
import {
  addSecondApp, appName, appRows, confirmApp, confirmIdentity, expectPage, keyOf, notice, openRemoval, openWizardAndScan,
  recoveryCodeOn, remove, saveRecoveryCode, signOut,
} from "./support/steps";
import { expect, proxied } from "./support/proxy";
import { textsOf } from "./support/texts";

for (const paths of ["kept", "stripped"] as const) {
  const test = proxied(paths);

  test(`the journey through nginx, paths ${paths}`, async ({ page, context, portal, person, signedIn, t, unprinted }) => {
    const asked = watchAddresses(page, portal.url);
    await test.step("by http, and without the slash", async () => {
      await page.goto("http://intranet.example/security");
      await expect(page).toHaveURL(portal.url);
      expect((await page.goto("https://intranet.example/"))?.status()).toBe(404);
    });

    await test.step("add an app, save the recovery code", async () => {
      await signedIn();
      await expectCookies(context, ["__Secure-mss"]);
      unprinted.push(await openWizardAndScan(page, t, person));
      await confirmApp(page, t, await person.phone.code());
      await expectPage(page, t("recovery-code.title"));
      unprinted.push(await recoveryCodeOn(page));
      await saveRecoveryCode(page, t);
      await expect(page).toHaveURL(portal.url);
      await expect(page.getByRole("heading", { name: t("overview.protected.title") })).toBeVisible();
    });

    await test.step("another language, and back", async () => {
      await page.getByRole("button", { name: t("layout.other-language") }).click();
      await expect(page.locator("html")).toHaveAttribute("lang", "fr-CA");
      await page.getByRole("button", { name: textsOf("fr-CA")("layout.other-language") }).click();
      await expect(page.locator("html")).toHaveAttribute("lang", "en");
      await expectCookies(context, ["__Secure-mss", "lang"]);
    });

    await test.step("sign out here and at the tenant, and in with the app", async () => {
      await signOut(page, t);
      await expect(page).toHaveURL(`${portal.url}signed-out`);
      await expectCookies(context, ["lang"]);
      await signedIn(() => person.phone.freshCode());
    });

    await test.step("add a second app, remove the first", async () => {
      await addSecondApp(page, t, person);
      await openRemoval(page, t, appName(t, 1));
      await remove(page, t, appName(t, 1));
      await expect(notice(page, t("notice.removed"))).toBeVisible();
      await expect(appRows(page, t)).toHaveCount(1);
    });
    expect(asked(), "addresses outside the prefix").toEqual(["/"]);
  });

  test(`a confirmation through nginx when the proof is over, paths ${paths}`, async ({ page, context, portal, person, control, t }) => {
    await test.step("the tenant knows the browser since eleven minutes", async () => {
      await control.advance("-11m");
      await page.goto(portal.url);
      await page.getByRole("link", { name: t("landing.sign-in") }).click();
      await context.clearCookies({ domain: "intranet.example" }); // its answer is nobody's
      await enterPassword(page, person);
      await expectPage(page, t("error.sign-in-expired.title"));
      await control.advance("11m");
    });

    await test.step("that opens the overview, and nothing more", async () => {
      await page.goto(portal.url);
      await page.getByRole("link", { name: t("landing.sign-in") }).click();
      await expect(page).toHaveURL(portal.url);
      await page.goto(`${portal.url}add/app`);
      await expectPage(page, t("confirm.title"));
    });

    await test.step("the confirmation leads back to the same step", async () => {
      await confirmIdentity(page, t, { person });
      await expect(page).toHaveURL(`${portal.url}add/app`);
      await page.getByRole("button", { name: t("add-app.intro.start") }).click();
      await person.phone.scan((await keyOf(page, t)).uri);
      await confirmApp(page, t, await person.phone.code());
      await saveRecoveryCode(page, t);
    });
  });
}

/** Notes what is asked of the portal's host outside the portal's path. */
function watchAddresses(page: Page, portal: string): () => string[] {
  const outside: string[] = [];
  const { host } = new URL(portal);
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.host === host && url.protocol === "https:" && !request.url().startsWith(portal)) outside.push(url.pathname);
  });
  return () => outside;
}

/** Expects exactly these cookies of the portal, with the attributes that they have below a path. */
async function expectCookies(context: BrowserContext, names: string[]): Promise<void> {
  const ours = (await context.cookies()).filter(({ domain }) => domain === "intranet.example");
  expect(ours.map(({ name }) => name).sort()).toEqual(names);
  for (const cookie of ours) {
    const session = cookie.name !== "lang";
    expect(cookie).toMatchObject({ path: session ? "/security" : "/security/", secure: true, httpOnly: true, sameSite: "Lax" });
    expect(cookie.expires === -1, `${cookie.name} ends with the browser`).toBe(session);
  }
}
