// What people do in the portal, in their words; specs are made of these steps.
import { expect, type Locator, type Page, test } from "@playwright/test";
import type { Control } from "./control";
import type { Person } from "./person";
import { readQR } from "./qr";
import { enterCode, enterPassword } from "./sign-in";
import type { Texts } from "./texts";

export type Kind = "app" | "push" | "phone" | "email";

/** From the overview by the choice of methods to the first page of one. */
export async function openAdd(page: Page, t: Texts, kind: Kind): Promise<void> {
  await page.getByRole("link", { name: new RegExp(`^(${t("overview.empty.other")}|${t("overview.add")})$`) }).click();
  await expectPage(page, t("add.title"));
  await page.getByRole("link", { name: t(`method.${kind}.name`), exact: true }).click();
  await expectPage(page, t(`add-${kind}.title`));
}

/** From the overview into a running wizard. */
export async function openWizard(page: Page, t: Texts): Promise<void> {
  await openAdd(page, t, "app");
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

/** Fills in the form for a phone number and sends it. Without a channel, whatever is chosen stays. */
export async function sendToPhone(
  page: Page,
  t: Texts,
  { number, country = "CA", channel = "sms" }: { number: string; country?: string; channel?: "sms" | "voice" | "" },
): Promise<void> {
  await page.getByRole("combobox", { name: t("add-phone.country.label") }).selectOption(country);
  await page.getByRole("textbox", { name: t("add-phone.number.label") }).fill(number);
  if (channel) await page.getByRole("radio", { name: t(`add-phone.channel.${channel}`) }).check();
  await page.getByRole("button", { name: t("add-phone.send") }).click();
}

/** Fills in the form for an e-mail address and sends it. */
export async function sendToAddress(page: Page, t: Texts, address: string): Promise<void> {
  await addressField(page, t).fill(address);
  await page.getByRole("button", { name: t("add-email.send") }).click();
}

export function addressField(page: Page, t: Texts): Locator {
  return page.getByRole("textbox", { name: t("add-email.address.other") });
}

/** The field for a code that was sent. */
export function messageField(page: Page, t: Texts): Locator {
  return page.getByRole("textbox", { name: t("add-message.code.label") });
}

/** Types a code that was sent and confirms it. */
export async function confirmMessage(page: Page, t: Texts, code: string): Promise<void> {
  await messageField(page, t).fill(code);
  await page.getByRole("button", { name: t("add-message.code.confirm"), exact: true }).click();
}

/** Expects the page that asks for the code to say where it went. */
export async function expectSent(page: Page, t: Texts, way: "sms" | "voice" | "email", to: string): Promise<void> {
  await expect(page.getByText(t(`add-message.sent.${way}`, { To: to }))).toBeVisible();
}

/** From the overview to the page with the QR code for the notification app; gives what the code says. */
export async function openScan(page: Page, t: Texts): Promise<string> {
  await openAdd(page, t, "push");
  await page.getByRole("button", { name: t("add-push.start") }).click();
  return scanned(page, t);
}

/** What a camera reads in the QR code for the notification app. */
export async function scanned(page: Page, t: Texts): Promise<string> {
  const code = page.getByRole("img", { name: t("add-push.scan.qr") });
  await expect(code).toBeVisible();
  return readQR(code);
}

/** The beginning of a sentence that ends with, or goes on after, a time of day. */
export function untilTime(t: Texts, key: string): string {
  return t(key, { Time: "\n" }).split("\n")[0]!.trim();
}

/** The moment that a time on the page stands for; it must be written as the person's own clock says it. */
export async function momentIn(page: Page, place: Locator): Promise<Date> {
  const shown = place.locator("time");
  await expect(shown).toBeVisible();
  const moment = new Date((await shown.getAttribute("datetime")) ?? "");
  if (test.info().project.use.javaScriptEnabled !== false) await expect(shown).toHaveText(await localTime(page, moment));
  return moment;
}

/** A time of day as people write it in the language of the page, on the clock of the browser. */
export function localTime(page: Page, at: Date): Promise<string> {
  return page.evaluate((time) => {
    const [date, { lang }] = [new Date(time), document.documentElement];
    if (lang !== "fr-CA") return new Intl.DateTimeFormat(lang, { timeStyle: "short" }).format(date);
    const minutes = date.getMinutes();
    return `${date.getHours()} h` + (minutes > 0 ? ` ${String(minutes).padStart(2, "0")}` : "");
  }, at.toISOString());
}

/** Says that the QR code was scanned, as those without script do. */
export async function sayScanned(page: Page, t: Texts): Promise<void> {
  await page.getByRole("button", { name: t("add-push.scanned") }).click();
}

/**
 * After a scan: five seconds later, on the clocks of server and browser, the page asks by itself whether it happened;
 * without script its person says so. The browser's clock must be installed.
 */
export async function awaitScan(page: Page, t: Texts, control: Control, seconds = 5): Promise<void> {
  if (test.info().project.use.javaScriptEnabled === false) return sayScanned(page, t);
  await control.advance(`${seconds}s`);
  await page.clock.runFor(seconds * 1000);
}

/** What the page says after something was done. */
export function notice(page: Page, text: string): Locator {
  return page.getByRole("status").filter({ hasText: text });
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

/** Confirms, from the page that asks for it, who one is: by password, by code or otherwise, or by both, as the tenant asks. */
export async function confirmIdentity(
  page: Page,
  t: Texts,
  by: { person?: Person; code?: () => Promise<string>; answer?: () => Promise<void> },
): Promise<void> {
  await expectPage(page, t("confirm.title"));
  await page.getByRole("link", { name: t("confirm.action") }).click();
  if (by.person) await enterPassword(page, by.person);
  if (by.code) await enterCode(page, await by.code());
  await by.answer?.();
}

/** What the overview and the removal page call an app; number it where there are several. */
export function appName(t: Texts, number?: number): string {
  const name = t("method.app.name");
  return number === undefined ? name : t("method.numbered", { Name: name, Number: number });
}

/** The rows of one kind on the overview. */
export function rows(page: Page, t: Texts, kind: Kind): Locator {
  return page.getByRole("region", { name: t(`overview.${sections[kind]}.title`), exact: true }).getByRole("listitem");
}

const sections = { app: "apps", push: "pushes", phone: "phones", email: "emails" };

/** The rows of authenticator apps on the overview. */
export function appRows(page: Page, t: Texts): Locator {
  return rows(page, t, "app");
}

/** Adds another app to somebody who has one, from and to the overview. */
export async function addSecondApp(page: Page, t: Texts, person: Person): Promise<void> {
  await openWizardAndScan(page, t, person);
  await confirmApp(page, t, await person.phone.code());
  await expect(appRows(page, t)).toHaveCount(2);
}

/** Signs out, here and at the tenant. */
export async function signOut(page: Page, t: Texts): Promise<void> {
  await page.getByRole("button", { name: t("layout.sign-out") }).click();
  await expectPage(page, t("signed-out.title"));
}

/** From the overview to the page that asks whether a method is to be removed. */
export async function openRemoval(page: Page, t: Texts, name: string): Promise<void> {
  await page.getByRole("link", { name: `${t("overview.remove")} ${name}`, exact: true }).click();
  await expectPage(page, t("remove.heading", { Name: name }));
}

/** Says yes on that page. */
export async function remove(page: Page, t: Texts, name: string): Promise<void> {
  await page.getByRole("button", { name: t("remove.do", { Name: name }) }).click();
}
