// What people do in the portal, in their words; specs are made of these steps.
import { expect, type Page } from "@playwright/test";
import type { Texts } from "./texts";

/** From the overview into a running wizard. */
export async function openWizard(page: Page, t: Texts): Promise<void> {
  await page.getByRole("link", { name: new RegExp(`^(${t("overview.empty.action")}|${t("overview.apps.add")})$`) }).click();
  await page.getByRole("button", { name: t("add-app.intro.start") }).click();
  await expect(page.getByRole("heading", { name: t("add-app.code.title") })).toBeVisible();
}

/** What the wizard tells an app: the key as text and the otpauth link, which say the same. */
export async function keyOf(page: Page, t: Texts): Promise<{ key: string; uri: string }> {
  const uri = await page.getByRole("link", { name: t("add-app.scan.same-phone"), includeHidden: true }).getAttribute("href");
  const key = ((await page.locator("#key").textContent()) ?? "").replace(/\s/g, "");
  if (!uri) throw new Error("the wizard has no otpauth link");
  expect(new URL(uri).searchParams.get("secret")).toBe(key);
  return { key, uri };
}

/** Types a code into the wizard and confirms it. */
export async function confirmApp(page: Page, t: Texts, code: string): Promise<void> {
  await page.getByRole("textbox", { name: t("add-app.code.label") }).fill(code);
  await page.getByRole("button", { name: t("add-app.code.confirm"), exact: true }).click();
}

/** The recovery code on the page, without its spaces. */
export async function recoveryCodeOn(page: Page): Promise<string> {
  return ((await page.locator("#recovery-code").textContent()) ?? "").replace(/\s/g, "");
}

/** States to have saved the recovery code. */
export async function saveRecoveryCode(page: Page, t: Texts): Promise<void> {
  await page.getByRole("checkbox", { name: t("recovery-code.saved") }).check();
  await page.getByRole("button", { name: t("recovery-code.continue") }).click();
}
