// Times of day, as people write them: "7:05 AM" in English, "7 h 05" and "7 h" in French.
import { expect, test } from "./support/fixtures";
import { localTime } from "./support/steps";

test("are shown by the visitor's own clock", { tag: "@french" }, async ({ page, portal }) => {
  await page.goto(portal.url);
  for (const [hour, minute, french] of [[7, 5, "7 h 05"], [7, 0, "7 h"], [0, 30, "0 h 30"], [14, 0, "14 h"]] as const) {
    const moment = new Date(await page.evaluate(([h, m]) => new Date(2026, 0, 5, h, m).toISOString(), [hour, minute] as const));
    const shown = await page.evaluate((at) => {
      const time = document.createElement("time");
      time.dateTime = at;
      time.dataset.local = "";
      document.body.append(time);
      document.dispatchEvent(new CustomEvent("htmx:after:swap"));
      return time.textContent!;
    }, moment.toISOString());
    expect(shown, "on one line").not.toMatch(/[ \n]/);
    const words = shown.replace(/\s/g, " ");
    expect(words).toBe((await localTime(page, moment)).replace(/\s/g, " "));
    if (test.info().project.name === "french") expect(words).toBe(french);
  }
});
