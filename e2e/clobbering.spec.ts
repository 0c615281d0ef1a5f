// Elements of others' making with the ids and names that our script uses [XS-09]. No text of others becomes an element
// (XS-01); this is for the day when one does, where a person's name stands: the script reads none of them for its own.
import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { resolve } from "node:path";
import { expect, test } from "./support/fixtures";
import { confirmApp, expectMistake, expectPage, openWizardAndScan, saveRecoveryCode } from "./support/steps";

test.use({ expectedStatuses: [422], expectedOnConsole: /ERR_FAILED|htmx:error/ });

test("elements with the names of our script change nothing of what buttons do [XS-09]", async ({
  page, portal, person, signedIn, t,
}) => {
  await page.addInitScript(() => {
    const root = () => document.documentElement.dataset;
    navigator.clipboard.writeText = async (text) => void (root().copied = text);
    window.print = () => void (root().printed = "");
  });
  await signedIn();
  await openWizardAndScan(page, t, person);
  await clobber(page, portal.url);
  await page.reload();
  expect(await page.evaluate(() => document.querySelectorAll("#announcer, #failure, #key").length), "the payload is there").toBeGreaterThan(6);
  const copied = () => page.evaluate(() => document.documentElement.dataset.copied);
  const spoken = page.locator("body > #announcer");
  const copy = page.getByRole("button", { name: t("add-app.scan.copy") });
  const code = page.getByRole("main").locator("#recovery-code");

  await test.step("copying the key", async () => {
    const key = ((await page.getByRole("main").locator("#key").textContent()) ?? "").replace(/\s/g, "");
    await copy.click();
    await expect(spoken).toHaveText(t("copy.done"));
    expect(await copied()).toBe(key);
  });

  await test.step("a form by htmx, with a mistake, and without an answer", async () => {
    await page.evaluate(() => (document.documentElement.dataset.same = "")); // gone after a whole page
    await confirmApp(page, t, "12");
    await expectMistake(page, t, t("add-app.code.too-short"));
    await page.route("**/add/app/confirm", (route) => route.abort());
    await confirmApp(page, t, "123456");
    await expect(page.getByRole("alert").filter({ hasText: t("failure.text") })).toBeFocused();
    await page.unroute("**/add/app/confirm");
    await expect(page.locator("html[data-same]")).toHaveCount(1);
  });

  await test.step("the recovery code", async () => {
    await confirmApp(page, t, await person.phone.code());
    await expectPage(page, t("recovery-code.title"));
    await page.getByRole("button", { name: t("recovery-code.copy") }).click();
    await expect(spoken).toHaveText(t("copy.done"));
    expect(await copied()).toBe(((await code.textContent()) ?? "").replace(/\s/g, ""));
    await page.getByRole("button", { name: t("recovery-code.print") }).click();
    await expect(page.locator("html[data-printed]")).toHaveCount(1);
    await saveRecoveryCode(page, t);
    await expect(page).toHaveURL(portal.url);
  });
});

/** Puts elements with every word of our script as id and name into each page of the portal, where the person is named. */
async function clobber(page: Page, portal: string): Promise<void> {
  const script = await readFile(resolve(import.meta.dirname, "../static/src/app.js"), "utf8");
  const declared = new Set([...script.matchAll(/\b(?:function|const|let)\s+(\w+)/g)].map(([, name]) => name!));
  const words = new Set([...(script.match(/[A-Za-z_$][\w$]*/g) ?? []), "announcer", "failure", "key", "recovery-code"]);
  // Two are elements of the page itself, which its links and labels refer to without any script.
  for (const names of [declared, words]) for (const own of ["main", "code"]) names.delete(own);
  const payload = [
    ...[...words].map((word) => `<a id="${word}"></a><a id="${word}" name="value" hidden>payload</a>`),
    ...[...declared].map((word) => `<form id="${word}" name="${word}" hidden></form><img name="${word}" hidden alt="">`),
  ].join("");
  await page.route(`${portal}**`, async (route) => {
    if (route.request().resourceType() !== "document") return route.fallback();
    const response = await route.fetch({ maxRedirects: 0 });
    const body = await response.text();
    await route.fulfill({ response, body: body.replace(/(<bdi class="whose-name">)/, `$1${payload}`) });
  });
}
