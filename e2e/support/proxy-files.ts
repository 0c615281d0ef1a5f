// What nginx needs for a test: a certificate, and docs/nginx.conf with the addresses and files of this run.
import { spawnSync } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";

/** Whether nginx passes paths on with the prefix or without it. */
export type Paths = "kept" | "stripped";

interface Certificate {
  file: string;
  key: string;
  /** Of its public key, as Chromium wants it. */
  fingerprint: string;
}

/** Makes a certificate for intranet.example that signs itself. */
export function certify(folder: string): Certificate {
  const file = join(folder, "certificate.pem");
  const key = join(folder, "key.pem");
  const made = spawnSync("openssl", [
    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
    "-subj", "/CN=intranet.example", "-addext", "subjectAltName=DNS:intranet.example", "-keyout", key, "-out", file,
  ]);
  if (made.status !== 0) throw new Error(`openssl: ${made.error?.message ?? made.stderr}`);
  const { publicKey } = new X509Certificate(readFileSync(file));
  const fingerprint = createHash("sha256").update(publicKey.export({ type: "spki", format: "der" })).digest("base64");
  return { file, key, fingerprint };
}

interface Places {
  paths: Paths;
  portalPort: number;
  httpsPort: number;
  httpPort: number;
  certificate: Certificate;
}

/** Writes the example with what it says to replace, and around it what a distribution's nginx.conf has; gives its name. */
export async function configure(folder: string, { paths, portalPort, httpsPort, httpPort, certificate }: Places): Promise<string> {
  let site = await readFile(resolve(import.meta.dirname, "../../docs/nginx.conf"), "utf8");
  const replacements: [string, string][] = [
    ["listen 80;", `listen 127.0.0.1:${httpPort};`],
    ["listen 443 ssl", `listen 127.0.0.1:${httpsPort} ssl`],
    ["server 127.0.0.1:8080;", `server 127.0.0.1:${portalPort};`],
    ["/etc/ssl/certs/intranet.example.pem", certificate.file],
    ["/etc/ssl/private/intranet.example.key", certificate.key],
    ["/var/log/nginx/", `${folder}/`],
  ];
  if (paths === "stripped") replacements.push(["proxy_pass http://mysecurity;", "proxy_pass http://mysecurity/;"]);
  for (const [old, replacement] of replacements) {
    if (!site.includes(old)) throw new Error(`docs/nginx.conf has no "${old}" any more`);
    site = site.replaceAll(old, replacement);
  }
  await writeFile(join(folder, "site.conf"), site);
  const main = join(folder, "nginx.conf");
  const places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${kind};`).join(" ");
  await writeFile(main, `daemon off; master_process off; pid nginx.pid; error_log stderr;
events { worker_connections 1024; }
http { ${places} include site.conf; }
`);
  return main;
}
