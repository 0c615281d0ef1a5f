// The portal as a company has it: "serve" below a path, behind nginx with docs/nginx.conf, and a tenant elsewhere. The
// browser finds nginx by a rule of its own resolver and trusts this run's certificate, and no other that is unknown.
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Control } from "./control";
import { test as base } from "./fixtures";
import { certify, configure, type Paths } from "./proxy-files";
import type { Portal } from "./portal";

export { expect } from "./fixtures";

interface Proxied {
  portal: Portal;
  /** What Chromium has to be told to reach it. */
  args: string[];
  stop(): Promise<void>;
}

/** The test of fixtures.ts, with a portal behind nginx. The clock is the tenant's alone: the portal has the machine's. */
export function proxied(paths: Paths) {
  return base.extend<object, { behindNginx: Proxied }>({
    behindNginx: [
      async ({}, use) => {
        const started = await start(paths);
        await use(started);
        await started.stop();
      },
      { scope: "worker" },
    ],
    expectedStatuses: [400, 401, 403, 404, 422], // nginx has 404 for its own, the portal 400 for an answer without a beginning
    portal: [async ({ behindNginx }, use) => use(behindNginx.portal), { scope: "worker" }],
    launchOptions: [
      async ({ launchOptions, behindNginx }, use) =>
        use({ ...launchOptions, args: [...(launchOptions.args ?? []), ...behindNginx.args] }),
      { scope: "worker" },
    ],
  });
}

const url = "https://intranet.example/security/";
const program = resolve(process.env.PROGRAM ?? resolve(import.meta.dirname, "../../bin/mysecurity"));

async function start(paths: Paths): Promise<Proxied> {
  const folder = await mkdtemp(join(tmpdir(), "mysecurity-proxy-"));
  const [portalPort, tenantPort, adminPort, httpsPort, httpPort] = (await freePorts(5)) as [number, number, number, number, number];
  const tenant = `http://localhost:${tenantPort}/`;
  const admin = `http://127.0.0.1:${adminPort}/`;
  const client = { id: "the-portal", secret: randomBytes(24).toString("base64url") };
  const seed = join(folder, "seed.json");
  const application = {
    name: "portal", client_id: client.id, client_secret: client.secret,
    callbacks: [`${url}callback`], logout_urls: [`${url}signed-out`],
  };
  await writeFile(seed, JSON.stringify({ applications: [application] }));
  const certificate = certify(folder);
  const nginx = await configure(folder, { paths, portalPort, httpsPort, httpPort, certificate });

  const running = new Processes();
  running.start(program, ["emulator"], { EMULATOR_ADDR: `127.0.0.1:${tenantPort}`, EMULATOR_SEED_FILE: seed, LOG_LEVEL: "debug" });
  running.start(program, ["serve"], {
    PORTAL_MODE: "development",
    PORTAL_ADDR: `127.0.0.1:${portalPort}`,
    ADMIN_ADDR: `127.0.0.1:${adminPort}`,
    PUBLIC_URL: url,
    PROXY_PREFIX: paths,
    TRUSTED_PROXIES: "127.0.0.1",
    AUTH0_ISSUER: tenant,
    AUTH0_CLIENT_ID: client.id,
    AUTH0_CLIENT_SECRET: client.secret,
    SESSION_KEYS: randomBytes(32).toString("base64"),
    DATA_DIR: folder,
    COMPANY_NAME: "Example Company",
    LOG_LEVEL: "debug",
  });
  running.start("nginx", ["-p", folder, "-c", nginx, "-e", "stderr"], { PATH: `${process.env.PATH}:/usr/sbin` });
  const stop = async () => {
    await running.end();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await running.until(async () => (await fetch(`${admin}readyz`)).ok);
    await running.until(async () => (await fetch(`http://127.0.0.1:${httpPort}/`)).status === 404);
  } catch (error) {
    await stop().catch(() => {});
    throw error;
  }
  return {
    portal: { url, tenant, admin, control: new Control(tenant), log: () => running.output },
    args: [
      `--host-resolver-rules=MAP intranet.example:443 127.0.0.1:${httpsPort}, MAP intranet.example:80 127.0.0.1:${httpPort}`,
      `--ignore-certificate-errors-spki-list=${certificate.fingerprint}`,
    ],
    stop,
  };
}

class Processes {
  output = "";
  private readonly all: ChildProcess[] = [];

  start(command: string, args: string[], env: Record<string, string>) {
    const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (this.output += text));
    child.on("error", (error) => (this.output += `${error.message}: is ${command} there?\n`));
    this.all.push(child);
  }

  /** Asks until it is so, for 30 seconds. */
  async until(so: () => Promise<boolean>): Promise<void> {
    for (const deadline = Date.now() + 30_000; Date.now() < deadline; ) {
      if (this.all.some((child) => child.exitCode !== null || child.pid === undefined)) break;
      if (await so().catch(() => false)) return;
      await new Promise((again) => setTimeout(again, 50));
    }
    throw new Error(`portal, tenant and nginx did not come up; they printed:\n${this.output}`);
  }

  /** Ends them, the newest first, and reports an unclean end. */
  async end(): Promise<void> {
    for (const child of this.all.reverse()) {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
        const exited = new Promise((done) => child.once("exit", done));
        child.kill("SIGTERM");
        await exited;
      }
      if (child.exitCode !== 0) throw new Error(`${child.spawnfile} ended with ${child.exitCode}; all printed:\n${this.output.slice(-4000)}`);
    }
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => new Promise((done) => server.once("listening", done))));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}
