// What the browser enforces for us: scripts and styles by nonce only, HTML through htmx's policy only, nothing kept in the
// browser, and whatever people are called is text. Every test watches for violations (support/guard.ts); those here cause
// some, in a browser that nobody watches.
import type { Browser, Page } from "@playwright/test";
import { expect, test } from "./support/fixtures";
import { hire } from "./support/person";
import { chooseMethod, signIn } from "./support/sign-in";
import {
  addSecondApp, appName, confirmApp, expectPage, openRemoval, openWizard, openWizardAndScan, rows, saveRecoveryCode,
} from "./support/steps";

test("htmx runs with exactly the settings of the design [XS-05]", async ({ page, portal }) => {
  await page.goto(portal.url);
  const config = await page.evaluate(() => (window as unknown as { htmx: { config: Record<string, unknown> } }).htmx.config);
  expect(config).toMatchObject({
    mode: "same-origin",
    history: false,
    includeIndicatorCSS: false,
    defaultTimeout: 10_000,
    defaultSwap: "outerHTML",
    extensions: "mysecurity",
    prefix: "",
    implicitInheritance: false,
    noSwap: [204, 304, "5xx"],
  });
  expect(config.inlineScriptNonce || "unset").toBe("unset");
});

test("nothing is kept in the browser, and no page can read a cookie [SL-02]", async ({ page, portal, person, signedIn, t }) => {
  await signedIn();
  await openWizardAndScan(page, t, person);
  await confirmApp(page, t, await person.phone.code());
  await saveRecoveryCode(page, t);
  await expect(page).toHaveURL(portal.url);
  const kept = await page.evaluate(async () => ({
    local: Object.keys(localStorage),
    session: Object.keys(sessionStorage),
    databases: (await indexedDB.databases()).map(({ name }) => name),
    caches: await caches.keys(),
    workers: (await navigator.serviceWorker.getRegistrations()).length,
    cookies: document.cookie,
  }));
  expect(kept).toEqual({ local: [], session: [], databases: [], caches: [], workers: 0, cookies: "" });
});

test("names are text, whatever they look like [XS-01]", async ({ page, portal, control, t }) => {
  const dialogs: string[] = [];
  page.on("dialog", (dialog) => {
    dialogs.push(dialog.message());
    return dialog.dismiss();
  });
  const name = `Eve"><img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}`;
  const person = await hire(control, "en", { name });
  await signIn(page, { portal: portal.url, person, t });
  const shown = () => expect(page.getByRole("banner").getByText(name)).toBeVisible();
  await shown();
  await openWizardAndScan(page, t, person);
  await shown();
  await confirmApp(page, t, await person.phone.code());
  await expectPage(page, t("recovery-code.title"));
  await shown();
  await saveRecoveryCode(page, t);
  await addSecondApp(page, t, person);
  await openRemoval(page, t, appName(t, 1));
  await shown();
  await expect(page.locator("img, script:not([nonce])")).toHaveCount(0);
  expect(dialogs).toEqual([]);
});

test("what a phone is called is text, whatever it looks like [XS-01]", async ({ page, portal, control, t }) => {
  const name = `Eve</span><img src=x onerror=alert(1)>`;
  const person = await hire(control, "en", { name, owned: [{ type: "otp" }, { type: "push" }] });
  const secondStep = async (tenant: Page) => {
    await chooseMethod(tenant, "app");
    return person.phone.freshCode();
  };
  await signIn(page, { portal: portal.url, person, t, secondStep });
  await expect(rows(page, t, "push")).toContainText(`Phone of ${name}`);
  await openRemoval(page, t, t("method.push.name"));
  await expect(page.getByRole("main")).toContainText(`Phone of ${name}`);
  await expect(page.locator("img")).toHaveCount(0);
});

test("HTML gets into a page through htmx only, and code not at all [XS-15, XS-16]", async ({ browser, portal }) => {
  const page = await unwatched(browser);
  await page.goto(portal.url);
  const attempts = () => {
    const { trustedTypes } = window as unknown as { trustedTypes: { createPolicy(name: string, rules: object): unknown } };
    const main = document.querySelector("main")!;
    const script = () => document.body.appendChild(document.createElement("script"));
    const attempts: Record<string, () => unknown> = {
      innerHTML: () => (main.innerHTML = "<b>x</b>"),
      outerHTML: () => (main.outerHTML = "<b>x</b>"),
      insertAdjacentHTML: () => main.insertAdjacentHTML("beforeend", "<b>x</b>"),
      "document.write": () => document.write("<b>x</b>"),
      createContextualFragment: () => document.createRange().createContextualFragment("<b>x</b>"),
      parseFromString: () => new DOMParser().parseFromString("<b>x</b>", "text/html"),
      srcdoc: () => (document.createElement("iframe").srcdoc = "<b>x</b>"),
      "script.src": () => (script().src = "/assets/x.js"),
      "script.text": () => (script().text = "window.broken = true"),
      onclick: () => main.setAttribute("onclick", "window.broken = true"),
      eval: () => (0, eval)("window.broken = true"),
      Function: () => new Function("window.broken = true")(),
      setTimeout: () => (setTimeout as (code: string) => void)("window.broken = true"),
      "another policy": () => trustedTypes.createPolicy("other", {}),
      "a policy by default": () => trustedTypes.createPolicy("default", {}),
      "the policy once more": () => trustedTypes.createPolicy("htmx", {}),
    };
    return Object.entries(attempts).filter(([, attempt]) => {
      try {
        attempt();
        return true;
      } catch {
        return false;
      }
    });
  };
  // In a timer of the page's own: what the test runner evaluates may use eval.
  const succeeded = await page.evaluate(
    `new Promise((done) => setTimeout(() => done((${attempts})().map(([name]) => name))))`,
  );
  expect(succeeded).toEqual([]);

  await test.step("a script element without the nonce", async () => {
    await page.evaluate(() => {
      const script = document.createElement("script");
      script.append("window.broken = true");
      document.body.append(script);
    });
    expect(await page.evaluate(() => "broken" in window)).toBe(false);
  });
});

test("a fragment with code in it stays dead [XS-08]", async ({ browser, portal, person, t }) => {
  const page = await unwatched(browser);
  await signIn(page, { portal: portal.url, person, t });
  await openWizard(page, t);
  for (const [name, markup] of [
    ["script", "<script>window.broken = true</script>"],
    ["handler", `<img src="x" onerror="window.broken = true">`],
    ["htmx handler", `<a hx-on:htmx:after:process="window.broken = true" hx-on:click="window.broken = true">x</a>`],
    ["htmx filter", `<a hx-get="/" hx-trigger="load[window.broken = true]">x</a>`],
    ["htmx values", `<a hx-get="/" hx-trigger="load" hx-vals="js:{x: window.broken = true}">x</a>`],
  ] as const) {
    await test.step(name, async () => {
      await page.goto(`${portal.url}add/app`);
      await page.route("**/add/app/confirm", (route) =>
        route.fulfill({ status: 422, contentType: "text/html; charset=utf-8", body: `<main id="main"><p>${markup}</p></main>` }),
      );
      const answered = page.waitForResponse("**/add/app/confirm");
      await confirmApp(page, t, "123456");
      await (await answered).finished();
      await page.locator("main > p, #failure:not([hidden])").first().waitFor({ state: "attached" });
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      expect(await page.evaluate(() => "broken" in window)).toBe(false);
    });
  }
});

/** A page of a browser in which violations of the policy fail no test. */
async function unwatched(browser: Browser): Promise<Page> {
  return (await browser.newContext()).newPage();
}
