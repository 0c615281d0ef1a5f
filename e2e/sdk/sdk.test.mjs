// Auth0's own SDKs against "mysecurity emulator" over TLS. Needs bin/mysecurity (make build) and the packages auth0 and
// @auth0/auth0-auth-js; run by: node --test e2e/sdk/sdk.test.mjs
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { test } from "node:test";
import { start } from "./tenant.mjs";

test("Auth0's SDKs take the emulator for a tenant", { timeout: 60_000 }, async () => {
  const tenant = await start();
  try {
    // Node reads NODE_EXTRA_CA_CERTS at its start only, hence a process of its own.
    const { code, output } = await run(resolve(import.meta.dirname, "cases.mjs"), {
      PATH: process.env.PATH,
      NODE_EXTRA_CA_CERTS: tenant.authority,
      TENANT: tenant.url,
    });
    assert.equal(code, 0, output);
  } finally {
    await tenant.stop();
  }
});

function run(file, env) {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, ["--test-reporter=spec", file], { env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
    child.once("error", failed);
    child.once("close", (code) => done({ code, output }));
  });
}
