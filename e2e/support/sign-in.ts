// Universal Login as a person goes through it, on the emulated tenant's own pages, in either language.
import { expect, type Page } from "@playwright/test";
import type { Person } from "./person";

const email = /e-?mail|courriel/i;
const password = /password|mot de passe/i;
const code = /code/i;
const proceed = /^(continue|continuer)$/i;

/** Enters email address and password on the tenant's sign-in page, which the browser shows already. */
export async function enterPassword(page: Page, person: Person): Promise<void> {
  await page.getByRole("textbox", { name: email }).fill(person.email);
  await page.getByLabel(password).fill(person.password);
  await page.getByRole("button", { name: proceed }).click();
}

/** Answers the tenant's question for a second step with a code. */
export async function enterCode(page: Page, value: string): Promise<void> {
  await page.getByRole("textbox", { name: code }).fill(value);
  await page.getByRole("button", { name: proceed }).click();
}

/** Goes from the portal's landing page to its overview; with a code where the person has a second step. */
export async function signIn(page: Page, portal: string, person: Person, secondStep?: () => Promise<string>): Promise<void> {
  await page.goto(portal);
  await page.getByRole("main").getByRole("link").first().click();
  await enterPassword(page, person);
  if (secondStep) await enterCode(page, await secondStep());
  await expect(page).toHaveURL(portal);
  await expect(page.getByRole("banner")).toContainText(person.email);
}
