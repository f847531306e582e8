// What is committed, and what needs no browser.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** A module of the sources, as Node can run it. */
async function source(path) {
  const { outputFiles } = await build({ entryPoints: [join(root, "src/panel", path)], bundle: true, write: false, format: "esm", define: { TEXTS: "{}" } });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString("base64")}`);
}

test("dist/ is what the sources give, within its budgets and without what Trusted Types forbid", () => {
  const { status, stderr } = spawnSync(process.execPath, ["build.mjs", "--check"], { cwd: root, encoding: "utf8" });
  assert.equal(stderr, "");
  assert.equal(status, 0);
});

test("every language has every text, with the plurals and the gaps that belong into it", async () => {
  const { en } = await source("texts/en.ts");
  for (const language of ["cs", "pl", "pt", "sk"]) {
    const { default: texts } = await source(`texts/${language}.ts`);
    assert.deepEqual(Object.keys(texts), Object.keys(en), language);
    for (const [key, text] of Object.entries(texts)) {
      if (typeof text === "string") {
        assert.notEqual(text.trim(), "", `${language} ${key}`);
        assert.equal(text.includes("{}"), en[key].includes("{}"), `${language} ${key}`);
      } else {
        assert.deepEqual(Object.keys(text).sort(), new Intl.PluralRules(language).resolvedOptions().pluralCategories.sort(), `${language} ${key}`);
        for (const form of Object.values(text)) assert.match(form, /\{\}/, `${language} ${key}`);
      }
    }
  }
});

test("the stream's lines are read however they are cut", async () => {
  const { Parser } = await source("stream.ts");
  const stream = "retry: 1000\n\n: still here\n\nid: 1\nevent: chat\ndata: {\"n\":1}\n\nevent: working\n\r\nevent: waits\r\ndata: {\r\ndata: }\r\n\r\ndata\n\ndata:  x:y\n\nid: 9\ndata: lost at the end";
  const heard = [["chat", "{\"n\":1}"], ["working", ""], ["waits", "{\n}"], ["message", ""], ["message", " x:y"]];
  for (let size = 1; size <= stream.length; size++) {
    const found = [];
    const parser = new Parser((name, data) => found.push([name, data]));
    for (let at = 0; at < stream.length; at += size) parser.feed(stream.slice(at, at + size));
    assert.deepEqual(found, heard, `in pieces of ${size}`);
  }
});

test("pauses grow to half a minute and no further, and differ between customers", async () => {
  const { pause } = await source("stream.ts");
  assert.deepEqual([0, 1, 2, 3, 4, 5, 6, 7, 1_000_000].map((failures) => pause(failures, 1)), [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
  assert.equal(pause(6, 0), 15_000);
  assert.notEqual(pause(6), pause(6));
});
