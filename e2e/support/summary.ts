// Closes the run with one line of the kind that scripts/test.sh repeats at the very end.
import type { FullResult, Reporter, Suite } from "@playwright/test/reporter";
import { mkdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";

const results = resolve(import.meta.dirname, "../../.cache/results");

export default class Summary implements Reporter {
  private suite?: Suite;

  onBegin(_: unknown, suite: Suite): void {
    this.suite = suite;
  }

  onEnd(result: FullResult): void {
    const outcomes = this.suite?.allTests().map((test) => test.outcome()) ?? [];
    const passed = outcomes.filter((outcome) => outcome === "expected" || outcome === "flaky").length;
    const failed = outcomes.filter((outcome) => outcome === "unexpected").length;
    const skipped = outcomes.length - passed - failed;
    const trouble = result.status !== "passed" && failed === 0 ? `, and the run ${result.status}` : "";
    const seconds = Math.round(result.duration / 1000);
    const line = `Browser: ${passed} passed, ${failed} failed, ${skipped} skipped (${seconds} s)${trouble}`;
    console.log(`\n${line}`);
    mkdirSync(results, { recursive: true });
    writeFileSync(resolve(results, "browser.txt"), `${line}\n`);
  }

  printsToStdio(): boolean {
    return false; // the list reporter does the rest
  }
}
