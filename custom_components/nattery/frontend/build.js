// Builds the screen: src -> bundle/<hash of the content>/, with .gz and .br
// beside every file. With --check it builds nothing and fails unless the committed bundle is what the sources give.
import { createHash } from "node:crypto";
import { mkdtempSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, brotliDecompressSync, constants, gunzipSync } from "node:zlib";
import zopfli from "@gfx/zopfli";
import { build } from "vite";

const BUNDLE = "bundle"; // below the folder of this file, in which npm starts it
const COMPRESSED = [".gz", ".br"];

/** Build into a temporary folder and return the files' contents by name, sorted. */
async function builtFiles() {
  const folder = mkdtempSync(join(tmpdir(), "nattery-frontend-"));
  try {
    await build({ logLevel: "warn", build: { outDir: folder, emptyOutDir: true } });
    return readFiles(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readFiles(folder) {
  const names = readdirSync(folder).sort();
  return new Map(names.map((name) => [name, readFileSync(join(folder, name))]));
}

function hashOf(files) {
  const hash = createHash("sha256");
  for (const [name, content] of files) hash.update(`${name}\0${content.length}\0`).update(content);
  return hash.digest("hex").slice(0, 12);
}

/** Compress as a server does, only harder: what is sent is 3 % smaller. */
const gzipped = (content) => zopfli.gzipAsync(content, { numiterations: 15 });

async function write(files, hash) {
  rmSync(BUNDLE, { recursive: true, force: true });
  mkdirSync(join(BUNDLE, hash), { recursive: true });
  for (const [name, content] of files) {
    const path = join(BUNDLE, hash, name);
    writeFileSync(path, content);
    writeFileSync(`${path}.gz`, await gzipped(content));
    writeFileSync(`${path}.br`, brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
  }
}

/** Return what is wrong with the committed bundle. Compressed files are judged by what is in them: zlib versions differ. */
function faults(files, hash) {
  const folders = readdirSync(BUNDLE);
  if (folders.length !== 1 || folders[0] !== hash) return [`it is ${folders.join(", ")} and should be ${hash}`];
  const found = readFiles(join(BUNDLE, hash));
  const wanted = [...files.keys()].flatMap((name) => [name, ...COMPRESSED.map((ending) => name + ending)]).sort();
  const wrong = wanted.filter((name) => !isRight(name, found.get(name), files));
  return [...wrong, ...[...found.keys()].filter((name) => !wanted.includes(name))].map((name) => `${name} differs`);
}

function isRight(name, content, files) {
  if (content === undefined) return false;
  if (name.endsWith(".gz")) return gunzipSync(content).equals(files.get(name.slice(0, -3)));
  if (name.endsWith(".br")) return brotliDecompressSync(content).equals(files.get(name.slice(0, -3)));
  return content.equals(files.get(name));
}

const files = await builtFiles();
const hash = hashOf(files);
if (process.argv.includes("--check")) {
  const found = faults(files, hash);
  if (found.length > 0) {
    console.error(`The committed bundle is not what the sources give: ${found.join("; ")}. Run "npm run build".`);
    process.exit(1);
  }
} else {
  await write(files, hash);
  const sizes = [...files.keys()].map((name) => [name, statSync(join(BUNDLE, hash, `${name}.gz`)).size]);
  for (const [name, size] of sizes) console.log(`${String(size).padStart(7)} ${name}`);
  console.log(`${String(sizes.reduce((sum, [, size]) => sum + size, 0)).padStart(7)} in all, gzip, in ${hash}`);
}
