// Watches every page of a browser context: no error on the console, no exception, no violation of the content security
// policy. A test that caused one fails, whatever else it found.
import type { BrowserContext } from "@playwright/test";

/** Watches a context from now on. The returned function gives what has gone wrong, an empty list at best. */
export async function watch(
  context: BrowserContext,
  expectedStatuses: number[],
  expectedOnConsole: RegExp,
): Promise<() => string[]> {
  const troubles: string[] = [];

  context.on("console", (message) => {
    if (message.type() !== "error") return;
    // Chromium logs each 4xx of a page or of a fetch; a form sent back with 422 is no trouble.
    const status = /^Failed to load resource: .* status of (\d+)/.exec(message.text())?.[1];
    if (status && expectedStatuses.includes(Number(status))) return;
    if (expectedOnConsole.test(message.text())) return;
    troubles.push(`console at ${message.location().url}: ${message.text()}`);
  });
  context.on("weberror", (error) => troubles.push(`exception: ${error.error().stack ?? error.error().message}`));

  await context.exposeBinding("reportViolation", (_, violation: string) => troubles.push(`policy: ${violation}`));
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      const report = (window as unknown as { reportViolation(text: string): void }).reportViolation;
      report(`${event.effectiveDirective} blocked ${event.blockedURI} ${event.sample} at ${event.documentURI}`);
    });
  });
  return () => troubles;
}
