// What every page owes to everybody: axe finds nothing in light, in dark and on a narrow screen, and in no look is text
// cut off, covered, or out of reach without scrolling sideways.
import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";
import { resolve } from "node:path";
import { faultsOfLayout, faultsUnderForcedColors } from "./layout";

const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const folder = resolve(import.meta.dirname, "../screenshots");

interface Look {
  name: string;
  width: number;
  dark?: boolean;
  forcedColors?: boolean;
  /** Letters of twice the size, as set in the browser. */
  largeText?: boolean;
  /** What axe is asked for: everything, or the rules that can give another answer than in the first look. */
  axe: "all" | string[];
}

const looks: Look[] = [
  { name: "light", width: 1100, axe: "all" },
  { name: "dark", width: 1100, dark: true, axe: ["color-contrast"] },
  { name: "320", width: 320, axe: "all" },
  { name: "large", width: 640, largeText: true, axe: [] },
  { name: "forced", width: 1100, forcedColors: true, axe: [] },
];

/** Shows the page in each look; draw sets one on, with the window as high as asked for. */
async function inEachLook(page: Page, visit: (look: Look, draw: (height: number) => Promise<void>) => Promise<void>): Promise<void> {
  const before = page.viewportSize();
  const devtools = await page.context().newCDPSession(page);
  const textSize = (standard: number) =>
    devtools.send("Page.setFontSizes", { fontSizes: { standard, fixed: (standard * 13) / 16 } });
  const wanted: string[] | undefined = test.info().project.metadata.looks;
  for (const look of looks.filter(({ name }) => wanted?.includes(name) ?? true)) {
    const draw = async (height: number) => {
      await page.emulateMedia({
        colorScheme: look.dark ? "dark" : "light",
        forcedColors: look.forcedColors ? "active" : "none",
      });
      await page.setViewportSize({ width: look.width, height });
      await textSize(look.largeText ? 32 : 16); // last: the browser forgets it when its window changes
    };
    await draw(800);
    await visit(look, draw);
  }
  await textSize(16);
  await devtools.detach();
  await page.emulateMedia({ colorScheme: null, forcedColors: null });
  if (before) await page.setViewportSize(before);
}

async function axe(page: Page, look: Look): Promise<string[]> {
  // Legacy mode: no page of ours has frames, and the other mode needs a second page.
  const builder = new AxeBuilder({ page }).setLegacyMode();
  if (look.axe === "all") builder.withTags(rules);
  else builder.withRules(look.axe);
  const { violations } = await builder.analyze();
  return violations.map(({ id, help, nodes }) => `${id}: ${help} (${nodes.map(({ html }) => html).join(" ")})`);
}

/**
 * Looks at the page in every look; fails with all that is wrong in any of them, and lets the test go on. With
 * SCREENSHOTS=1 a picture of each is kept in e2e/screenshots (ignored by git), to be looked at. Without script this
 * does nothing: axe is a script itself, and the looks are the same.
 */
export async function lookAt(page: Page, name: string): Promise<void> {
  if (test.info().project.use.javaScriptEnabled === false) return;
  const faults: string[] = [];
  await test.step(`look at ${name}`, () =>
    inEachLook(page, async (look, draw) => {
      const found = [
        ...(look.axe.length > 0 ? await axe(page, look) : []),
        ...(await page.evaluate(faultsOfLayout)),
        ...(look.forcedColors ? await page.evaluate(faultsUnderForcedColors) : []),
      ];
      faults.push(...found.map((fault) => `${look.name}: ${fault}`));
      if (!process.env.SCREENSHOTS) return;
      await draw(await page.evaluate(() => document.documentElement.scrollHeight));
      const file = `${name}-${test.info().project.name}-${look.name}.png`;
      // The caret stays: hiding it sets style attributes, which the policy forbids to elements that htmx makes of them.
      await page.screenshot({ path: resolve(folder, file), caret: "initial" });
    }),
  );
  expect.soft(faults, `looks of ${name}, ${page.url()}`).toEqual([]);
}
