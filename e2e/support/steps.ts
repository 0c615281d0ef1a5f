// What people do in the portal, in their words; specs are made of these steps.
import { expect, type Locator, type Page } from "@playwright/test";
import type { Person } from "./person";
import { enterCode, enterPassword } from "./sign-in";
import type { Texts } from "./texts";

/** From the overview into a running wizard. */
export async function openWizard(page: Page, t: Texts): Promise<void> {
  await page.getByRole("link", { name: new RegExp(`^(${t("overview.empty.action")}|${t("overview.apps.add")})$`) }).click();
  await page.getByRole("button", { name: t("add-app.intro.start") }).click();
  await expect(page.getByRole("heading", { name: t("add-app.code.title") })).toBeVisible();
}

/** Starts a wizard and lets the person's phone scan its code; gives the key. */
export async function openWizardAndScan(page: Page, t: Texts, person: Person): Promise<string> {
  await openWizard(page, t);
  const { key, uri } = await keyOf(page, t);
  await person.phone.scan(uri);
  return key;
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

/** States to have saved the recovery code, which leads to the overview, or to the page in front of it. */
export async function saveRecoveryCode(page: Page, t: Texts, leadsTo = t("overview.title")): Promise<void> {
  await page.getByRole("checkbox", { name: t("recovery-code.saved") }).check();
  await page.getByRole("button", { name: t("recovery-code.continue") }).click();
  await expectPage(page, leadsTo);
}

/** The page's only heading of the first level, which says where the person is. */
export async function expectPage(page: Page, heading: string): Promise<void> {
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(heading);
}

/** Expects a mistake to be told in the title, in a summary that has the focus, and at the field. */
export async function expectMistake(page: Page, t: Texts, message: string): Promise<void> {
  const summary = page.getByRole("alert").filter({ hasText: t("summary.title") });
  await expect(summary).toBeFocused(); // the button had the focus: from here on, it is the new page
  await expect(summary).toContainText(message);
  await expect(page).toHaveTitle(new RegExp(`^${t("summary.prefix")}`));
  await expect(page.locator(".mistake")).toContainText(message);
}

/** Confirms, from the page that asks for it, who one is: by password, by code, or by both, as the tenant asks. */
export async function confirmIdentity(
  page: Page,
  t: Texts,
  by: { person?: Person; code?: () => Promise<string> },
): Promise<void> {
  await expectPage(page, t("confirm.title"));
  await page.getByRole("link", { name: t("confirm.action") }).click();
  if (by.person) await enterPassword(page, by.person);
  if (by.code) await enterCode(page, await by.code());
}

/** What the overview and the removal page call an app; number it where there are several. */
export function appName(t: Texts, number?: number): string {
  const name = t("method.app.name");
  return number === undefined ? name : t("method.numbered", { Name: name, Number: number });
}

/** The rows of authenticator apps on the overview. */
export function appRows(page: Page, t: Texts): Locator {
  return page.getByRole("region", { name: t("overview.apps.title") }).getByRole("listitem");
}

/** Adds another app to somebody who has one, from and to the overview. */
export async function addSecondApp(page: Page, t: Texts, person: Person): Promise<void> {
  await openWizardAndScan(page, t, person);
  await confirmApp(page, t, await person.phone.code());
  await expect(appRows(page, t)).toHaveCount(2);
}

/** From the overview to the page that asks whether an app is to be removed. */
export async function openRemoval(page: Page, t: Texts, name: string): Promise<void> {
  await page.getByRole("link", { name: `${t("overview.remove")} ${name}`, exact: true }).click();
  await expectPage(page, t("remove.heading", { Name: name }));
}

/** Says yes on that page. */
export async function remove(page: Page, t: Texts, name: string): Promise<void> {
  await page.getByRole("button", { name: t("remove.do", { Name: name }) }).click();
}
