// Moving through a page by the keyboard alone, as somebody who sees where the focus is.
import { expect, type Locator, type Page } from "@playwright/test";

/** Presses Tab until the target has the focus, once it is there; every stop on the way must be visible, and marked as focused. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  await expect(target).toBeAttached();
  for (let presses = 0; presses < 40; presses++) {
    await page.keyboard.press("Tab");
    await expectFocusSeen(page);
    if (await target.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`forty times Tab did not reach ${target}`);
}

/** The names of all stops of Tab on a page, from its top to its end. */
export async function tabStops(page: Page): Promise<string[]> {
  const stops: string[] = [];
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press("Tab");
    const name = await page.evaluate(() => {
      const element = document.activeElement as HTMLElement;
      if (element === document.body) return undefined;
      const labels = (element as HTMLInputElement).labels;
      return (labels?.length ? labels[0]! : element).innerText.replace(/\s+/g, " ").trim();
    });
    if (name === undefined || name === stops[0]) break;
    await expectFocusSeen(page);
    stops.push(name);
  }
  return stops;
}

async function expectFocusSeen(page: Page): Promise<void> {
  const seen = await page.evaluate(() => {
    const element = document.activeElement as HTMLElement;
    const { top, left, bottom, right, width, height } = element.getBoundingClientRect();
    // A card that is one link is marked by what the link lays over it.
    const outlines = [getComputedStyle(element), getComputedStyle(element, "::after")];
    return {
      element: element.outerHTML.slice(0, 200),
      inView: width > 0 && height > 0 && bottom > 0 && right > 0 && top < innerHeight && left < innerWidth,
      marked: outlines.some((style) => style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) >= 2),
    };
  });
  expect(seen, "where the focus is").toEqual({ element: seen.element, inView: true, marked: true });
}
