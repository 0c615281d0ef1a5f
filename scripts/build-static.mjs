// Builds static/dist, what the program embeds and serves under /assets/, from static/src and node_modules.
//
//   app.css            static/src/app.css, minified
//   app.js             htmx and static/src/app.js in one classic script; ours has spoken before htmx starts, which
//                      waits for the document
//   icons.svg          one <symbol> for each Lucide icon named in static/src/icons.txt
//   icon.svg           static/src/icon.svg
//
// Each name carries a hash of its content (app.1f2e3d4c5b.css), so an answer may be cached for ever; beside each file
// stand its .gz and .br twins, compressed once here and never per request; manifest.json maps "app.css" to the real name.
// The same input gives the same bytes. The script fails when a file outgrows the page's budget (performance.md, G2).
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { transform } from "esbuild";

const source = "static/src";
const target = "static/dist";
const htmx = "node_modules/htmx.org/dist/htmx.min.js";
const lucide = "node_modules/lucide-static/icons";

// The lock file pins the whole package; this pins the one file that runs in people's browsers, so that a new version
// is a decision somebody wrote down here.
const htmxSHA256 = "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130";

// Compressed bytes, the larger of the two encodings.
const budget = { "app.js": 18 * 1024, "app.css": 8 * 1024 };

const sha256 = (data) => createHash("sha256").update(data).digest("hex");

function fail(message) {
  console.error(`build-static: ${message}`);
  process.exit(1);
}

async function minified(path, loader) {
  const { code, warnings } = await transform(await readFile(path, "utf8"), {
    loader,
    minify: true,
    charset: "utf8",
    legalComments: "none",
    target: ["chrome120", "firefox120", "safari17"],
    sourcefile: path,
  });
  if (warnings.length > 0) fail(`${path}:${warnings[0].location?.line}: ${warnings[0].text}`);
  return code;
}

async function style() {
  const css = await minified(join(source, "app.css"), "css");
  // The content security policy would block these in the browser; here the cause is easier to see.
  const foreign = css.match(/@font-face|@import|url\(\s*["']?(?:data:|https?:|\/\/)[^)]{0,40}/);
  if (foreign) fail(`app.css must not load anything from elsewhere: ${foreign[0]}`);
  return css;
}

async function script() {
  const library = await readFile(htmx, "utf8");
  if (sha256(library) !== htmxSHA256) fail(`${htmx} is not the reviewed file (sha256 ${sha256(library)})`);
  return `${library.trim()}\n;${await minified(join(source, "app.js"), "js")}`;
}

// The strokes' style stands on each symbol: <use> copies a symbol, not the <svg> around it.
const stroke = `fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"`;

// symbol keeps the drawing of one Lucide file and drops its size and class, which belong to the page.
async function symbol(name) {
  const path = join(lucide, `${name}.svg`);
  if (!existsSync(path)) fail(`icons.txt: Lucide has no icon "${name}"`);
  const drawing = (await readFile(path, "utf8")).match(/<svg[^>]*>([\s\S]*)<\/svg>/)[1];
  return `<symbol id="${name}" viewBox="0 0 24 24" ${stroke}>${drawing.replace(/\s*\n\s*/g, "")}</symbol>`;
}

async function sprite() {
  const lines = (await readFile(join(source, "icons.txt"), "utf8")).split("\n");
  const names = lines.map((line) => line.replace(/#.*/, "").trim()).filter(Boolean);
  const symbols = await Promise.all([...new Set(names)].sort().map(symbol));
  const licence = "<!-- Lucide, ISC licence, https://lucide.dev/license -->";
  return `${licence}\n<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`;
}

function compressed(content) {
  return {
    ".gz": gzipSync(content, { level: 9 }),
    ".br": brotliCompressSync(content, {
      params: {
        [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
        [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
        [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
      },
    }),
  };
}

// packed gives one file its hashed name and its twins, and holds it to its budget.
function packed(name, text) {
  const content = Buffer.from(text);
  const twins = compressed(content);
  const largest = Math.max(...Object.values(twins).map((twin) => twin.length));
  if (largest > (budget[name] ?? Infinity)) fail(`${name} is ${largest} bytes compressed, over its budget of ${budget[name]}`);
  const hash = sha256(content).slice(0, 10);
  return { name, hashed: name.replace(/\.(\w+)$/, `.${hash}.$1`), variants: { "": content, ...twins } };
}

async function write(files) {
  await mkdir(target, { recursive: true });
  const old = (await readdir(target)).filter((name) => name !== ".gitkeep");
  await Promise.all(old.map((name) => rm(join(target, name), { recursive: true })));
  for (const { hashed, variants } of files) {
    for (const [suffix, bytes] of Object.entries(variants)) await writeFile(join(target, hashed + suffix), bytes);
    console.log(`${hashed}: ${variants[""].length} bytes, gz ${variants[".gz"].length}, br ${variants[".br"].length}`);
  }
  const manifest = Object.fromEntries(files.map(({ name, hashed }) => [name, hashed]));
  await writeFile(join(target, "manifest.json"), JSON.stringify(manifest, null, 2) + "\n");
}

// Everything is made and measured before the first old file goes: a mistake leaves the last good build in place.
await write([
  packed("app.css", await style()),
  packed("app.js", await script()),
  packed("icon.svg", await readFile(join(source, "icon.svg"), "utf8")),
  packed("icons.svg", await sprite()),
]);
