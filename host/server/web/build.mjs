// Builds dist/. With --check it only reports whether the committed files are current and within their size
// limits. Exit code 1 if they are not.

import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, transform } from "esbuild";
import { ESBUILD_TARGETS } from "./targets.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");

/** The most bytes, after gzip, that a shop's page may load: before the chat is opened, and then for the panel with the texts of one language. */
const LOADER_BYTES = 2 * 1024;
const PANEL_BYTES = 15.5 * 1024;
/** The same for the frame, which is loaded in place of the panel. */
const FRAME_BYTES = 3 * 1024;

/** Code that Trusted Types or a strict content security policy forbids. No built file may contain it. */
const FORBIDDEN = [
  /\b(?:inner|outer)HTML\b/, /\binsertAdjacentHTML\b/, /\bdocument\.write/, /\beval\(/, /\bnew Function\b/,
  /\bcssText\b/, /setAttribute\("style"/, /\bDOMParser\b/, /\bcreateContextualFragment\b/, /\bsrcdoc\b/,
];

const styles = {
  name: "styles",
  setup({ onLoad }) {
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, "utf8"), { loader: "css", minify: true, target: ESBUILD_TARGETS });
      return { contents: code.trim(), loader: "text" };
    });
  },
};

async function script(entry, format, define = {}) {
  const { outputFiles } = await build({
    entryPoints: [join(here, entry)], bundle: true, minify: true, write: false, format, define,
    target: ESBUILD_TARGETS, charset: "utf8", legalComments: "none", plugins: [styles],
  });
  return outputFiles[0].text;
}

const hash = (text) => createHash("sha256").update(text).digest("hex").slice(0, 10);
const read = (path) => readFile(join(here, path), "utf8");

/** The content of every file of dist/, by path. */
async function files() {
  const texts = {};
  const built = new Map();
  for (const language of ["cs", "pl", "pt", "sk"]) {
    const text = await script(`src/panel/texts/${language}.ts`, "esm");
    texts[language] = `text-${language}-${hash(text)}.js`;
    built.set(`assets/${texts[language]}`, text);
  }
  const panel = await script("src/panel/index.ts", "esm", { TEXTS: JSON.stringify(texts) });
  const panelName = `panel-${hash(panel)}.js`;
  const frame = await script("src/frame/index.ts", "esm");
  const frameName = `frame-${hash(frame)}.js`;
  const define = { PANEL: JSON.stringify(panelName), FRAME: JSON.stringify(frameName) };
  const page = await script("src/page.ts", "esm", define);
  const { code: pageStyle } = await transform(await read("src/page.css"), { loader: "css", minify: true, target: ESBUILD_TARGETS });
  const pageName = `page-${hash(page)}.js`;
  const pageStyleName = `page-${hash(pageStyle)}.css`;
  const chat = (await read("src/chat.html")).replaceAll("PAGE_SCRIPT", pageName).replaceAll("PAGE_STYLE", pageStyleName);
  return new Map([
    ...built,
    ["widget.js", await script("src/loader/index.ts", "iife", define)],
    [`assets/${panelName}`, panel],
    [`assets/${frameName}`, frame],
    [`assets/${pageName}`, page],
    [`assets/${pageStyleName}`, pageStyle],
    ["chat.html", chat],
    ["not-set-up.html", await read("src/not-set-up.html")],
    ["demo/index.html", await read("demo/index.html")],
    ["demo/demo.css", await read("demo/demo.css")],
    ["demo/demo.js", await script("demo/demo.ts", "esm")],
  ]);
}

/** The paths of the files under a folder, sorted. */
async function listing(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name))).sort();
}

/** The errors in the built files. */
function faults(built) {
  const found = [];
  const size = (prefix) => Math.max(...[...built].filter(([path]) => path.startsWith(prefix)).map(([, text]) => gzipSync(text, { level: 9 }).length));
  const sizes = [["the loader", size("widget.js"), LOADER_BYTES], ["the panel with its texts", size("assets/panel-") + size("assets/text-"), PANEL_BYTES], ["the frame", size("assets/frame-"), FRAME_BYTES]];
  for (const [name, bytes, most] of sizes) {
    console.log(`${name}: ${bytes} of ${most} bytes after gzip`);
    if (bytes > most) found.push(`${name} has ${bytes} bytes after gzip, ${most} are allowed`);
  }
  for (const [path, text] of built) {
    if (path.endsWith(".js")) {
      for (const pattern of FORBIDDEN.filter((pattern) => pattern.test(text))) found.push(`${path} has \`${pattern.source}\``);
    }
    if (path.endsWith(".html") && /<[^>]+\s(?:style|on[a-z]+)=|<style|<script(?![^>]*\ssrc=)/.test(text)) {
      found.push(`${path} has an inline style or script`);
    }
  }
  return found;
}

const built = await files();
const found = faults(built);
if (process.argv.includes("--check")) {
  const committed = await listing(dist);
  for (const path of committed.filter((path) => !built.has(path))) found.push(`dist/${path} is not built from anything`);
  for (const [path, text] of built) {
    const there = await readFile(join(dist, path), "utf8").catch(() => undefined);
    if (there !== text) found.push(`dist/${path} is ${there === undefined ? "missing" : "not what the sources give"}: run \`npm run build\``);
  }
} else {
  await rm(dist, { recursive: true, force: true });
  for (const [path, text] of built) {
    await mkdir(dirname(join(dist, path)), { recursive: true });
    await writeFile(join(dist, path), text);
  }
}
for (const fault of found) console.error(fault);
process.exitCode = found.length > 0 ? 1 : 0;
