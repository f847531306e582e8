// What is committed, and what needs no browser.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFile, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** A module of the sources, as Node can run it. */
async function source(path, folder = "src/panel") {
  const { outputFiles } = await build({ entryPoints: [join(root, folder, path)], bundle: true, write: false, format: "esm", define: { TEXTS: "{}" } });
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

test("the demo shop has a hint for every example scenario that visitors start, and for no other", async () => {
  const { HINTS } = await source("hints.ts", "demo");
  const all = (await readdir(join(root, "../../../scenarios"))).filter((name) => name.endsWith(".json"));
  const channels = async (name) => JSON.parse(await readFile(join(root, "../../../scenarios", name), "utf8")).channels ?? [];
  const files = (await Promise.all(all.map(async (name) => (await channels(name)).includes("chat") ? [name] : []))).flat();
  assert.deepEqual(Object.keys(HINTS).sort(), files.map((name) => name.replace(".json", "")).sort());
  for (const [name, { about, systems, type }] of Object.entries(HINTS)) {
    const used = new Set([...(await readFile(join(root, `../../../scenarios/${name}.json`), "utf8")).matchAll(/"function": "([a-z]+)\//g)].map(([, plugin]) => plugin));
    assert.deepEqual(systems.map((system) => system.toLowerCase()).sort(), [...used].sort(), name);
    assert.ok(about.cs && about.en && type.length > 0, name);
  }
});

test("the demo shop says in English what it says in Czech", async () => {
  const { WORDS } = await source("words.ts", "demo");
  const shape = (words) => Object.fromEntries(Object.entries(words).map(([key, text]) => [key, typeof text === "string" ? text.includes("{}") : Array.isArray(text) ? text.length : Object.keys(text)]));
  assert.deepEqual(shape(WORDS.en), shape(WORDS.cs));
});

test("what a frame and a page say to each other has one form, and nothing else is heard", async () => {
  const { asOrder, asReport } = await source("words.ts", "src/frame");
  const show = { krabice: 1, do: "show", focus: true, language: "cs", inputs: "{}", theme: "", privacy: "", colours: {}, signed: false };
  for (const order of [show, { krabice: 1, do: "hide" }, { krabice: 1, do: "speak", language: "pl" }, { krabice: 1, do: "token", token: "x" }]) assert.equal(asOrder(order), order);
  for (const report of ["ready", "token", "open", "close", "start", "message", "end"].map((say) => ({ krabice: 1, say, text: "x" }))) assert.equal(asReport(report), report);
  const wrong = [
    undefined, null, "", 1, [], {}, { krabice: 1 }, { ...show, krabice: 2 }, { ...show, more: 1 }, { ...show, focus: "yes" }, { ...show, language: 1 }, { ...show, colours: null },
    { ...show, colours: { "--krabice-accent": {} } }, { ...show, privacy: "x".repeat(5_000) }, { krabice: 1, do: "hide", language: "cs" }, { krabice: 1, do: "speak" }, { krabice: 1, do: "send", text: "x" },
    { ...show, signed: "yes" }, { krabice: 1, do: "token" }, { krabice: 1, do: "token", token: {} }, { krabice: 1, say: "secret", text: "x" }, { krabice: 1, say: "end" }, { krabice: 1, say: "end", text: {} }, { krabice: 1, say: "end", text: "x", do: "hide" }, { krabice: 1, say: ["end"], text: "x" },
  ];
  for (const data of wrong) assert.equal(asOrder(data) ?? asReport(data), undefined, JSON.stringify(data));
});
