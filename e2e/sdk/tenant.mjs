// Starts `bin/mysecurity emulator` with TLS on a free port, as somebody would who tests an SDK against it.
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const program = resolve(import.meta.dirname, "../../bin/mysecurity");

/** What the seed file fixes, so that a client knows it beforehand. */
export const seed = {
  applications: [
    { name: "portal", client_id: "sdk-portal", client_secret: "secret of the portal application", callbacks: [], logout_urls: [] },
    { name: "portal-management", client_id: "sdk-management", client_secret: "secret of the management application" },
  ],
  users: [
    { email: "ada@example.com", password: "correct horse", email_verified: true, name: "Ada" },
    {
      email: "bruno@example.com",
      password: "battery staple",
      email_verified: true,
      name: "Bruno",
      authenticators: [
        { type: "otp", secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP" },
        { type: "recovery-code", secret: "ABCDEFGHJKLMNPQRSTUVWX23" },
      ],
    },
    { email: "chloe@example.com", password: "horse staple", email_verified: false, name: "Chloe" },
  ],
};

/** Starts a tenant; stop ends it and fails if it did not end well. */
export async function start() {
  const folder = await mkdtemp(join(tmpdir(), "mysecurity-sdk-"));
  const seedFile = join(folder, "seed.json");
  await writeFile(seedFile, JSON.stringify(seed));
  const port = await freePort();
  const child = spawn(program, ["emulator"], {
    env: {
      PATH: process.env.PATH,
      EMULATOR_ADDR: `127.0.0.1:${port}`,
      EMULATOR_PUBLIC_URL: `https://localhost:${port}`,
      EMULATOR_TLS_DIR: folder,
      EMULATOR_SEED_FILE: seedFile,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  const ended = new Promise((done) => {
    child.once("error", (error) => done(error.message));
    child.once("exit", (code, signal) => done(code ?? signal));
  });
  const stop = async () => {
    child.kill("SIGTERM");
    const result = await ended;
    await rm(folder, { recursive: true, force: true });
    if (result !== 0) throw new Error(`the emulator ended with ${result}; it printed:\n${output}`);
  };
  const listening = await Promise.race([accepts(port).then(() => true), ended.then(() => false)]);
  if (!listening) {
    await rm(folder, { recursive: true, force: true });
    throw new Error(`the emulator did not start (make build first); it printed:\n${output}`);
  }
  return { url: `https://localhost:${port}/`, authority: join(folder, "ca.pem"), stop };
}

function freePort() {
  return new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

/** Resolves when somebody listens on the port. */
async function accepts(port) {
  for (let tries = 0; tries < 200; tries++) {
    const open = await new Promise((done) => {
      const socket = connect(port, "127.0.0.1", () => done(true));
      socket.once("error", () => done(false)).once("connect", () => socket.destroy());
    });
    if (open) return;
    await new Promise((again) => setTimeout(again, 50));
  }
  throw new Error("nobody listens on the emulator's port after 10 seconds");
}
