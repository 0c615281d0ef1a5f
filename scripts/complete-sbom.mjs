// Adds to a list of components what the static files are made of, which no Go tool sees, and refuses a list that lacks a
// module of the program: it would be worse than none. Arguments: the list, the program.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const [out, program] = process.argv.slice(2);
const list = JSON.parse(readFileSync(out, "utf8"));
const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8"));
for (const name of ["htmx.org", "lucide-static"]) { // esbuild only builds
  const { version } = packages[`node_modules/${name}`];
  list.components.push({ "bom-ref": `pkg:npm/${name}@${version}`, type: "library", name, version, scope: "required", purl: `pkg:npm/${name}@${version}` });
}

const listed = new Set(list.components.map(({ name, version }) => `${name}@${version}`));
const linked = execFileSync("go", ["version", "-m", program], { encoding: "utf8" }).split("\n")
  .map((line) => line.trim().split("\t")).filter(([kind]) => kind === "dep").map(([, name, version]) => `${name}@${version}`);
const missing = linked.filter((module) => !listed.has(module));
if (linked.length === 0 || missing.length > 0) {
  console.error(`sbom: ${out} lacks ${missing.join(", ") || "everything"}`);
  process.exit(1);
}
writeFileSync(out, `${JSON.stringify(list, null, 2)}\n`);
console.log(`sbom: ${out}, ${listed.size} components`);
