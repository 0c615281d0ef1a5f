// Starts the program the way a user does (bin/mysecurity demo), on free ports, and ends it.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Control } from "./control";

// PROGRAM names another build, such as one with the race detector in it.
const program = resolve(process.env.PROGRAM ?? resolve(import.meta.dirname, "../../bin/mysecurity"));

// The tenant is as unsteady as a real one (EM-12). CHAOS names a seed that a run has printed, or switches it off.
const chaos = process.env.CHAOS ?? "random";

export interface Portal {
  /** Where people reach the portal, ends with a slash. */
  url: string;
  /** Where the emulated tenant is, ends with a slash: its issuer. */
  tenant: string;
  /** Health and readiness, ends with a slash. */
  admin: string;
  control: Control;
  /** All that the program has printed so far, both streams. */
  log(): string;
}

export interface Settings {
  tenantHost: string;
  minMethods: number;
  methods: string;
  refresh: boolean;
}

/** Starts portal and emulator and waits until they answer; stop ends them and reports an unclean end. */
export async function start({
  tenantHost, minMethods, methods, refresh,
}: Settings): Promise<{ portal: Portal; stop(): Promise<void> }> {
  const data = await mkdtemp(join(tmpdir(), "mysecurity-e2e-"));
  const [portalPort, tenantPort, adminPort] = await freePorts(3);
  const url = `http://localhost:${portalPort}/`;
  const tenant = `http://${tenantHost}:${tenantPort}/`;
  const admin = `http://127.0.0.1:${adminPort}/`;

  // Nothing of the developer's own environment: a test must not depend on it.
  const child = spawn(program, ["demo"], {
    env: {
      PATH: process.env.PATH,
      PORTAL_ADDR: `127.0.0.1:${portalPort}`,
      EMULATOR_ADDR: `127.0.0.1:${tenantPort}`,
      ADMIN_ADDR: `127.0.0.1:${adminPort}`,
      PUBLIC_URL: url,
      EMULATOR_PUBLIC_URL: tenant,
      DATA_DIR: data,
      MIN_METHODS: String(minMethods),
      ...(methods ? { METHODS: methods } : {}),
      ...(refresh ? { REFRESH: "on" } : {}),
      ...(chaos === "off" ? {} : { EMULATOR_CHAOS: chaos }),
      LOG_FORMAT: "json",
      LOG_LEVEL: "debug",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  child.on("error", (error) => (output += `${error.message}: run make build first\n`));

  const stop = async () => {
    const ended = await end(child);
    await rm(data, { recursive: true, force: true });
    if (ended !== 0) throw new Error(`the program ended with ${ended}, expected 0; it printed:\n${output.slice(-4000)}`);
  };
  try {
    await ready(child, admin);
    const seed = /Chaos is on, its seed\s+(\d+)/.exec(output)?.[1];
    if (seed) console.log(`chaos: repeat this worker's tenant with CHAOS=${seed}`);
  } catch (error) {
    await stop().catch(() => {});
    throw new Error(`${(error as Error).message}; it printed:\n${output}`);
  }
  return { portal: { url, tenant, admin, control: new Control(tenant), log: () => output }, stop };
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, () => new Promise<ReturnType<typeof createServer>>((done) => {
      const server = createServer().listen(0, "127.0.0.1", () => done(server));
    })),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

async function ready(child: ChildProcess, admin: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.pid === undefined) throw new Error("the program ended before it was ready");
    const answer = await fetch(`${admin}readyz`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((again) => setTimeout(again, 50));
  }
  throw new Error("the program was not ready within 30 seconds");
}

/** Asks for a graceful end and gives the exit code, or the signal that was needed after all. */
async function end(child: ChildProcess): Promise<number | string> {
  if (child.pid === undefined) return "no start";
  if (child.exitCode === null && child.signalCode === null) {
    const exited = new Promise((done) => child.once("exit", done));
    child.kill("SIGTERM");
    const impatience = setTimeout(() => child.kill("SIGKILL"), 20_000);
    await exited;
    clearTimeout(impatience);
  }
  return child.exitCode ?? child.signalCode ?? "nothing";
}
