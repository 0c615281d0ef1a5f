// Runs "go test" with the given arguments and counts: go test says "ok" for each package, but never how many tests
// that were. Prints the runner's own lines for each package and the whole output of what failed; leaves the count in
// .cache/results/go.txt for scripts/test.sh.
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

const started = Date.now();
const count = { pass: 0, fail: 0, skip: 0 };
const output = new Map(); // "package test" → its lines, kept until it is known whether they matter
let broken = false; // a package that did not build, or ended without a test to blame

const key = ({ Package, ImportPath, Test }) => `${Package ?? ImportPath} ${Test ?? ""}`;

function finish(event) {
  const lines = output.get(key(event)) ?? [];
  output.delete(key(event));
  if (event.Test) {
    count[event.Action] += 1;
    if (event.Action === "fail") process.stdout.write(lines.join(""));
    return;
  }
  if (event.Action === "fail") broken = true;
  // Of a package that passed, its closing line is enough; of one that failed, everything that no test owns.
  const closing = lines.filter((line) => /^(ok|FAIL|---|\?)\s/.test(line));
  process.stdout.write((event.Action === "fail" ? lines : closing).join(""));
}

const handlers = {
  output: (event) => output.set(key(event), [...(output.get(key(event)) ?? []), event.Output]),
  "build-output": (event) => process.stdout.write(event.Output),
  "build-fail": () => (broken = true),
  pass: finish,
  fail: finish,
  skip: finish,
};

const go = spawn("go", ["test", "-json", ...process.argv.slice(2)], { stdio: ["ignore", "pipe", "inherit"] });
const ended = new Promise((resolve) => go.once("close", (code) => resolve(code ?? 1)));
for await (const line of createInterface({ input: go.stdout })) {
  if (!line.startsWith("{")) {
    console.log(line);
    continue;
  }
  const event = JSON.parse(line);
  handlers[event.Action]?.(event);
}
const code = await ended;

const seconds = ((Date.now() - started) / 1000).toFixed(0);
const trouble = broken && count.fail === 0 ? ", and a package that did not build or run" : "";
const summary = `Go: ${count.pass} passed, ${count.fail} failed, ${count.skip} skipped (${seconds} s)${trouble}`;
console.log(summary);
mkdirSync(".cache/results", { recursive: true });
writeFileSync(".cache/results/go.txt", summary + "\n");
process.exit(code === 0 ? 0 : 1);
