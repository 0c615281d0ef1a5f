// What every page owes to everybody: axe finds nothing in light, in dark and on a narrow screen, and nothing has to be
// scrolled sideways there.
import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";
import { resolve } from "node:path";

const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const folder = resolve(import.meta.dirname, "../screenshots");

const looks = [
  { name: "light", colorScheme: "light", width: 1100, height: 800 },
  { name: "dark", colorScheme: "dark", width: 1100, height: 800 },
  { name: "320", colorScheme: "light", width: 320, height: 640 },
] as const;

async function inEachLook(page: Page, visit: (name: string) => Promise<void>): Promise<void> {
  const before = page.viewportSize();
  for (const { name, colorScheme, width, height } of looks) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height });
    await visit(name);
  }
  await page.emulateMedia({ colorScheme: null });
  if (before) await page.setViewportSize(before);
}

async function axe(page: Page, look: string): Promise<string[]> {
  // axe is a script itself; where a test has scripts off, the same page is examined in the project that has them on.
  const scripted = await page.evaluate(() => matchMedia("(scripting: enabled)").matches);
  if (!scripted || test.info().project.metadata.sameLooks) return [];

  // Legacy mode: no page of ours has frames, and the other mode needs a second page.
  const builder = new AxeBuilder({ page }).setLegacyMode().withTags(rules);
  if (look === "dark") builder.withRules("color-contrast"); // nothing else differs from light
  const { violations } = await builder.analyze();
  return violations.map(({ id, help, nodes }) => `${id}: ${help} (${nodes.map(({ html }) => html).join(" ")})`);
}

/** Fails with the rules that the page breaks, each with the elements concerned. */
export async function expectAccessible(page: Page): Promise<void> {
  await inEachLook(page, async (look) => {
    expect(await axe(page, look), `axe, ${look}, ${page.url()}`).toEqual([]);
    const overhang = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(overhang, `sideways scrolling, ${look}, ${page.url()}`).toBeLessThanOrEqual(0);
  });
}

/** With SCREENSHOTS=1, keeps pictures of the page in e2e/screenshots (ignored by git), to be looked at. */
export async function keepScreenshots(page: Page, name: string): Promise<void> {
  if (!process.env.SCREENSHOTS) return;
  await inEachLook(page, async (look) => {
    await page.screenshot({ path: resolve(folder, `${name}-${look}.png`), fullPage: true });
  });
}
