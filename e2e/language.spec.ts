// Two languages: the switch keeps the place, the profile speaks for its person, and the tenant's pages follow.
import type { Page } from "@playwright/test";
import { expect, test } from "./support/fixtures";
import { hire } from "./support/person";
import { beginSignIn, enterPassword } from "./support/sign-in";
import {
  addSecondApp, appName, confirmApp, confirmMessage, expectPage, expectSent, keyOf, openRemoval, openWizardAndScan,
  recoveryCodeOn, scanned, sendToPhone,
} from "./support/steps";
import { textsOf } from "./support/texts";

const en = textsOf("en");
const fr = textsOf("fr-CA");

test("the switch keeps the place, for a visitor", { tag: "@no-script" }, async ({ page, portal }) => {
  await page.goto(portal.url);
  await inFrenchAndBack(page, "landing.plain.title");
  await page.goto(`${portal.url}add/app`);
  await inFrenchAndBack(page, "landing.sign-in-first.title");
});

test("the switch keeps the place, in each step of the main job", { tag: "@no-script" }, async ({
  page, portal, person, control, signedIn,
}) => {
  await signedIn();
  await test.step("overview", () => inFrenchAndBack(page, "overview.title"));

  await test.step("before the wizard", async () => {
    await page.goto(`${portal.url}add/app`);
    await inFrenchAndBack(page, "add-app.title");
  });

  await test.step("wizard, with the same key", async () => {
    await page.goto(portal.url);
    const key = await openWizardAndScan(page, en, person);
    await switchTo(page, "fr");
    await expectLanguage(page, "fr-CA", fr("add-app.title"));
    expect((await keyOf(page, fr)).key).toBe(key);
    await switchTo(page, "en");
    expect((await keyOf(page, en)).key).toBe(key);
  });

  await test.step("a proof that has ended", async () => {
    await control.advance("11m");
    await page.reload();
    await inFrenchAndBack(page, "confirm.title");
    await page.getByRole("link", { name: en("confirm.action") }).click();
    await enterPassword(page, person);
  });

  await test.step("recovery code", async () => {
    await confirmApp(page, en, await person.phone.code());
    const code = await recoveryCodeOn(page);
    await switchTo(page, "fr");
    await expect(page).toHaveURL(`${portal.url}recovery-code`);
    await page.getByRole("button", { name: fr("recovery-code.hidden.show") }).click();
    await expectLanguage(page, "fr-CA", fr("recovery-code.title"));
    expect(await recoveryCodeOn(page)).toBe(code);
    await switchTo(page, "en");
    await expectLanguage(page, "en", en("recovery-code.hidden.title"));
  });
});

test("the switch keeps the place, in each step of the other methods", async ({ page, portal, person, signedIn }) => {
  await signedIn();
  for (const [path, heading] of [
    ["add", "add.title"],
    ["add/phone", "add-phone.title"],
    ["add/email", "add-email.title"],
    ["add/push", "add-push.title"],
  ] as const) {
    await page.goto(portal.url + path);
    await inFrenchAndBack(page, heading);
  }

  await test.step("notifications, with the same QR code", async () => {
    await page.getByRole("button", { name: en("add-push.start") }).click();
    const uri = await scanned(page, en);
    await switchTo(page, "fr");
    await expectLanguage(page, "fr-CA", fr("add-push.title"));
    expect(await scanned(page, fr)).toBe(uri);
    await switchTo(page, "en");
  });

  await test.step("a phone number, with the same code", async () => {
    await page.goto(`${portal.url}add/phone`);
    await sendToPhone(page, en, { number: person.number.written });
    await expectSent(page, en, "sms", person.number.ending);
    await switchTo(page, "fr");
    await expectSent(page, fr, "sms", person.number.ending);
    await confirmMessage(page, fr, await person.newestCode(person.number.e164));
    await expectLanguage(page, "fr-CA", fr("recovery-code.title"));
  });
});

test("the switch keeps the method that is to be removed", async ({ page, person, enrolled: _, signedIn }) => {
  await signedIn(() => person.phone.freshCode());
  await addSecondApp(page, en, person);
  await openRemoval(page, en, appName(en, 2));
  const address = page.url();
  await switchTo(page, "fr");
  await expectLanguage(page, "fr-CA", fr("remove.heading", { Name: appName(fr, 2) }));
  await expect(page).toHaveURL(address);
});

test("a French profile is met in French, unless its person chose otherwise", async ({ page, portal, control }) => {
  const colleague = await hire(control, "fr-CA");
  await page.goto(portal.url);
  await expectLanguage(page, "en", en("landing.plain.title"));

  await test.step("after signing in", async () => {
    await beginSignIn(page, { portal: portal.url, person: colleague, t: en });
    await expectLanguage(page, "fr-CA", fr("overview.title"));
  });

  await test.step("the choice counts more, and lasts", async () => {
    await switchTo(page, "en");
    await expectLanguage(page, "en", en("overview.title"));
    await page.getByRole("button", { name: en("layout.sign-out") }).click();
    await expectLanguage(page, "en", en("signed-out.title"));
    await beginSignIn(page, { portal: portal.url, person: colleague, t: en });
    await expectLanguage(page, "en", en("overview.title"));
  });
});

test("the tenant's pages follow the choice", async ({ page, portal, person, enrolled: _ }) => {
  await page.goto(portal.url);
  await page.getByRole("link", { name: en("landing.sign-in") }).click();
  await expectLanguage(page, "en", "Sign in");
  await page.goBack();
  await switchTo(page, "fr");
  await page.getByRole("link", { name: fr("landing.sign-in") }).click();
  await expectLanguage(page, "fr-CA", "Connexion");
  await enterPassword(page, person);
  await expectLanguage(page, "fr-CA", "Vérifiez votre identité");
});

/** Presses the switch, which is named in the language that it leads to. */
async function switchTo(page: Page, language: "en" | "fr"): Promise<void> {
  const from = language === "fr" ? en : fr;
  await page.getByRole("button", { name: from("layout.other-language") }).click();
}

/** Expects a page in a language: its heading, and what the document says of itself to screen readers. */
async function expectLanguage(page: Page, lang: string, heading: string): Promise<void> {
  await expectPage(page, heading);
  await expect(page.locator("html")).toHaveAttribute("lang", lang);
}

async function inFrenchAndBack(page: Page, heading: string): Promise<void> {
  const address = page.url();
  await expectLanguage(page, "en", en(heading));
  await switchTo(page, "fr");
  await expectLanguage(page, "fr-CA", fr(heading));
  await switchTo(page, "en");
  await expectLanguage(page, "en", en(heading));
  await expect(page).toHaveURL(address);
}
