// Pages on paper: whose they are and of which day, dark on white, and nothing on them that only a screen has. What the
// recovery code needs beside that is in recovery-code.spec.ts.
import type { Page } from "@playwright/test";
import { expect, test } from "./support/fixtures";
import { faultsOfLayout } from "./support/layout";
import { addSecondApp, confirmApp, expectPage, openWizard, openWizardAndScan, recoveryCodeOn, rows, saveRecoveryCode } from "./support/steps";

test("nothing to press, dark on white, with its person and its day", { tag: "@french" }, async ({
  page, person, enrolled: _, control, signedIn, t,
}) => {
  await signedIn(() => person.phone.freshCode());
  await addSecondApp(page, t, person);
  await onPaper(page);
  await expect(rows(page, t, "app").first()).toBeVisible();
  const head = page.getByRole("banner");
  for (const text of [person.name, person.email]) await expect(head.getByText(text, { exact: true })).toBeVisible();
  const year = String((await control.now()).getFullYear());
  await expect(head.getByText(year), "the day").toBeVisible();
  await expectOnlyPaper(page);

  await onScreen(page);
  await expect(head.getByText(year)).toBeHidden();
  await openWizard(page, t);
  await onPaper(page);
  await expect(page.getByRole("img", { name: t("add-app.scan.qr") })).toBeVisible();
  await expect(page.getByRole("heading", { name: t("add-app.code.title"), includeHidden: true }), "a step without its form").toBeHidden();
  await expectOnlyPaper(page);
});

test("the recovery code names its person once", { tag: "@french" }, async ({ page, person, signedIn, t }) => {
  await signedIn();
  await openWizardAndScan(page, t, person);
  await confirmApp(page, t, await person.phone.code());
  await expectPage(page, t("recovery-code.title"));
  const code = await recoveryCodeOn(page);
  await onPaper(page);
  await expect(page.getByText(person.email, { exact: true }).filter({ visible: true })).toHaveCount(1);
  await expect(page.locator("#recovery-code")).toBeVisible();
  expect(await recoveryCodeOn(page)).toBe(code);
  await expectOnlyPaper(page);
  await onScreen(page);
  await saveRecoveryCode(page, t);
});

/** A sheet of letter size, for somebody whose screen is dark. */
async function onPaper(page: Page): Promise<void> {
  await page.setViewportSize({ width: 720, height: 960 });
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
}

async function onScreen(page: Page): Promise<void> {
  await page.emulateMedia({ media: null, colorScheme: null });
}

async function expectOnlyPaper(page: Page): Promise<void> {
  const pressed = page.locator("button, .button, input, select, summary, nav, .row-action").filter({ visible: true });
  await expect(pressed, "to be pressed").toHaveCount(0);
  expect(await page.evaluate(faultsOfLayout)).toEqual([]);
  const dark = await page.evaluate(() => {
    // Relative luminance, as near as it takes to tell dark from light; what is transparent is the paper.
    const light = (color: string) => {
      const [r, g, b, a = 1] = (color.match(/[\d.]+/g) ?? []).map(Number) as [number, number, number, number?];
      return a === 0 || (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255 > 0.8;
    };
    const seen = [...document.querySelectorAll<HTMLElement>("main *")].filter((element) => element.checkVisibility());
    return seen.filter((element) => !light(getComputedStyle(element).backgroundColor)).map((element) => element.outerHTML.slice(0, 80));
  });
  expect(dark, "dark grounds").toEqual([]);
}
