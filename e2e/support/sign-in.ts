// Universal Login as a person goes through it, on the emulated tenant's own pages, in either language.
import { expect, type Page } from "@playwright/test";
import type { Person } from "./person";
import type { Texts } from "./texts";

const email = /e-?mail|courriel/i;
const password = /^(password|mot de passe)$/i;
const code = /code/i;
const recoveryCode = /recovery code|code de récupération/i;
const otherMethod = /another method|autre méthode/i;
const approved = /I have approved|je l’ai approuvée/i;
const saved = /saved it|l’ai conservé/i;
const proceed = /^(continue|continuer)$/i;

/** Enters email address and password on the tenant's sign-in page, which the browser shows already. */
export async function enterPassword(page: Page, person: Person): Promise<void> {
  await page.getByRole("textbox", { name: email }).fill(person.email);
  await page.getByRole("textbox", { name: password }).fill(person.password);
  await page.getByRole("button", { name: proceed }).click();
}

/** Answers the tenant's question for a second step with a code of the authenticator app. */
export async function enterCode(page: Page, value: string): Promise<void> {
  await page.getByRole("textbox", { name: code }).fill(value);
  await page.getByRole("button", { name: proceed }).click();
}

/** What the tenant can be asked for instead of what it asks for first; others than the app have something sent. */
export const methods = {
  app: /authenticator app|application d’authentification/i,
  text: /^(text message to|message texte au)/i,
  call: /^(call to|appel au)/i,
  email: /^(email to|courriel à)/i,
  push: /^notification (to|à)/i,
};

/** Chooses another method than the one that the tenant asks for. */
export async function chooseMethod(page: Page, method: keyof typeof methods): Promise<void> {
  await page.getByRole("link", { name: otherMethod }).click();
  await page.getByRole(method === "app" ? "link" : "button", { name: methods[method] }).first().click();
}

/** Says, on the page that waits for the phone, that it has approved; that page may go on by itself before. */
export async function sayApproved(page: Page): Promise<void> {
  const waits = page.url();
  await Promise.any([
    page.getByRole("button", { name: approved }).click(),
    page.waitForURL((url) => url.pathname !== new URL(waits).pathname),
  ]);
}

/** Answers the notification for this sign-in on the person's phone, and goes on. */
export async function approveOnPhone(page: Page, person: Person): Promise<void> {
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(/verify your identity|vérifiez votre identité/i);
  const [push] = await person.phone.pushes();
  expect(push?.from, "what the phone shows of the sign-in").toMatch(/Chrom/);
  await person.phone.approve();
  await sayApproved(page);
}

/** Answers it with the recovery code instead, and gives the new one that the tenant hands out in its place. */
export async function enterRecoveryCode(page: Page, value: string): Promise<string> {
  await page.getByRole("link", { name: otherMethod }).click();
  await page.getByRole("link", { name: recoveryCode }).click();
  await enterCode(page, value);
  const replacement = (await page.getByRole("main").locator("code").innerText()).replace(/\s/g, "");
  await page.getByRole("checkbox", { name: saved }).check();
  await page.getByRole("button", { name: proceed }).click();
  return replacement;
}

/** Goes from the portal's landing page to the tenant's and enters the password. */
export async function beginSignIn(
  page: Page,
  { portal, person, t }: { portal: string; person: Person; t: Texts },
): Promise<void> {
  await page.goto(portal);
  await page.getByRole("link", { name: t("landing.sign-in") }).click();
  await enterPassword(page, person);
}

/** Answers the tenant's question for a second step: gives the code to type, or does all by itself and gives none. */
export type SecondStep = (page: Page) => Promise<string | void>;

/** Goes from the portal's landing page to its overview; with a second step where the person has one. */
export async function signIn(
  page: Page,
  { portal, person, t, secondStep }: { portal: string; person: Person; t: Texts; secondStep?: SecondStep },
): Promise<void> {
  await beginSignIn(page, { portal, person, t });
  const code = await secondStep?.(page);
  if (code) await enterCode(page, code);
  await expect(page).toHaveURL(portal);
  await expect(page.getByRole("banner")).toContainText(person.email);
}
