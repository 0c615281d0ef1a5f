// The browser suite: each worker starts its own bin/mysecurity demo (support/portal.ts), so tests never meet another's
// users or clock. Run it by "make e2e"; ARGS='--project french -g "recovery code"' picks tests,
// TRACE=1 keeps a trace of each failure.
//
// Four projects are the ways in which people come. All tests run in the first; the others take those tagged with their
// name, or @everywhere.
import { existsSync } from "node:fs";
import { defineConfig } from "@playwright/test";
import type { Options } from "./support/fixtures";

// The headless shell is Chromium without the parts around the page; it takes a little more than half the processor time.
const chromiums = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"];

export default defineConfig<object, Options>({
  testDir: ".",
  testMatch: "*.spec.ts", // not sdk/, whose tests run with Node alone
  outputDir: "results",
  fullyParallel: true,
  forbidOnly: !!process.env.CI,
  // A busy CI machine gets a second try; the report then says "flaky", and that is to be looked into.
  retries: process.env.CI ? 1 : 0,
  workers: 2,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [["list"], ["./support/summary.ts"]],
  use: {
    locale: "en-CA",
    timezoneId: "America/Toronto",
    viewport: { width: 1100, height: 800 },
    actionTimeout: 20_000,
    contextOptions: { reducedMotion: "reduce" },
    screenshot: "only-on-failure",
    trace: process.env.TRACE ? "retain-on-failure" : "off",
    launchOptions: {
      executablePath: process.env.CHROMIUM_PATH || chromiums.find(existsSync),
      // As root and without a network: no sandbox, nothing fetched in the background.
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  projects: [
    { name: "english" },
    {
      name: "french",
      grep: /@(everywhere|french)/,
      use: { locale: "fr-CA" },
      metadata: { looks: ["light", "320", "large"] }, // colours are the same in every language
    },
    { name: "no-script", grep: /@(everywhere|no-script)/, use: { javaScriptEnabled: false } },
    // A real tenant is another site: there SameSite=Strict cookies stay away from its return, on localhost they do not.
    {
      name: "tenant-elsewhere",
      grep: /@(everywhere|tenant-elsewhere)/,
      use: { tenantHost: "127.0.0.1" },
    },
  ],
});
