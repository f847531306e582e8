// Nothing that is built needs a browser newer than the declared ones: names in the scripts and the styles are
// looked up in MDN's compatibility data.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "acorn";
import { TARGETS } from "../targets.mjs";

const { api, css, javascript } = createRequire(import.meta.url)("@mdn/browser-compat-data");
const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** What is newer and used all the same, because the older browsers do well without. */
const GUARDED = {
  "CloseWatcher": "asked for before it is used",
  ":has()": "in styles: without it each message shows its time, not only the last of several",
  "scrollbar-width": "decoration",
  "scrollbar-color": "decoration",
};

/** Whether a feature of the data is in all declared browsers. */
function old({ support }) {
  const number = (version) => typeof version === "string" ? parseFloat(version.replace("≤", "")) : NaN;
  return Object.entries(TARGETS).every(([browser, version]) => [support[browser]].flat().some(({ version_added: added, version_removed: removed, flags, prefix }) =>
    number(added) <= version && !(number(removed) <= version) && !flags && !prefix));
}

/** All features below some objects of the data: by their own name, and by the name with its owner's. */
function features(...owners) {
  const found = new Map();
  const note = (name, compat) => found.set(name, (found.get(name) ?? false) || old(compat));
  for (const owner of owners) {
    for (const [global, members] of Object.entries(owner)) {
      if (!members.__compat) continue;
      note(global, members.__compat);
      for (const [key, { __compat }] of Object.entries(members)) {
        if (key === "__compat" || !__compat || key.endsWith("_event")) continue;
        const member = key.replace(/_static$/, "");
        note(member, __compat);
        if (key !== member || owner === javascript.builtins) note(`${global}.${member}`, __compat);
      }
    }
  }
  return found;
}

const NAMES = features(api, javascript.builtins, javascript.builtins.Intl);
const PSEUDO = new Map(Object.entries(css.selectors).filter(([, { __compat }]) => __compat).map(([name, { __compat }]) => [name, old(__compat)]));

/** The pseudo-classes and pseudo-elements of selectors that are too new. */
const newPseudo = (selectors) => [...selectors.matchAll(/::?([a-z][a-z-]*)(\(?)/g)].filter(([, name]) => PSEUDO.get(name) === false).map(([, name, bracket]) => `:${name}${bracket && "()"}`);

/** Calls `visit` with each node of a script. */
function walk(node, visit) {
  if (Array.isArray(node)) return node.forEach((one) => walk(one, visit));
  if (typeof node?.type !== "string") return;
  visit(node);
  for (const [key, value] of Object.entries(node)) if (key !== "type" && typeof value === "object") walk(value, visit);
}

const script = (text) => parse(text, { ecmaVersion: "latest", sourceType: "module" });

/** The names of members that scripts define, which are not the browser's. */
function own(...scripts) {
  const names = new Set();
  for (const text of scripts) {
    walk(script(text), (node) => {
      const defined = node.type === "ObjectExpression" ? node.properties : /^(?:MethodDefinition|PropertyDefinition)$/.test(node.type) ? [node] : [];
      for (const { key, computed } of defined) if (key && !computed) names.add(key.name ?? key.value);
    });
  }
  return names;
}

/** What a script uses that is too new. */
function inScript(text, owned = own(text)) {
  const found = new Set();
  const check = (name) => { if (NAMES.get(name) === false && !owned.has(name)) found.add(name); };
  walk(script(text), (node) => {
    if (node.type === "MemberExpression" && !node.computed && node.property.type === "Identifier") {
      const full = node.object.type === "Identifier" && `${node.object.name}.${node.property.name}`;
      check(full && NAMES.has(full) ? full : node.property.name);
    }
    if (node.type === "ObjectPattern") for (const { key, computed } of node.properties) if (key && !computed) check(key.name ?? key.value);
    if (node.type === "NewExpression" && node.callee.type === "Identifier") check(node.callee.name);
    if (node.type === "CallExpression" && /^(?:querySelector|querySelectorAll|closest|matches)$/.test(node.callee.property?.name)) {
      const [selector] = node.arguments;
      for (const text of [selector?.value, ...(selector?.quasis ?? []).map(({ value }) => value.cooked)]) if (typeof text === "string") newPseudo(text).forEach((name) => found.add(`${name} in a script`));
    }
  });
  return [...found].filter((name) => !Object.hasOwn(GUARDED, name));
}

/** What a style sheet uses that is too new. A declaration after another of the same property has that one to fall back to. */
function inStyle(text) {
  const found = new Set();
  const bare = text.replace(/\/\*[^]*?\*\//g, "").replace(/"[^"]*"/g, "''");
  for (const [, rule] of bare.matchAll(/@([a-z-]+)/g)) if (css["at-rules"][rule] && !old(css["at-rules"][rule].__compat)) found.add(`@${rule}`);
  for (const [, selectors, body] of bare.matchAll(/([^{}]+)\{([^{}]*)\}/g)) {
    newPseudo(selectors).forEach((name) => found.add(name));
    let before;
    for (const [name, value] of body.split(";").map((line) => line.split(":").map((part) => part.trim()))) {
      const property = css.properties[name];
      if (property && !old(property.__compat) && !name.startsWith("-webkit-")) found.add(name);
      else if (name !== before) for (const word of value?.split(/[\s,()]+/) ?? []) if (property?.[word]?.__compat && !old(property[word].__compat)) found.add(`${name}: ${word}`);
      if (name === "content" && value.includes("/") && name !== before) found.add("content: with another text to read");
      before = name;
    }
  }
  return [...found].filter((name) => !Object.hasOwn(GUARDED, name));
}

test("what is built needs no browser newer than those declared", async () => {
  const files = await readdir(join(root, "dist"), { recursive: true });
  const styles = (await readdir(root, { recursive: true })).filter((name) => /^(?:src|demo)\/.*\.css$/.test(name));
  assert.ok(files.length > 10 && styles.length > 4);
  const read = (path) => readFile(join(root, path), "utf8");
  const scripts = await Promise.all(files.filter((name) => name.endsWith(".js")).map(async (name) => [name, await read(`dist/${name}`)]));
  const owned = own(...scripts.map(([, text]) => text));
  for (const [name, text] of scripts) assert.deepEqual(inScript(text, owned), [], name);
  for (const name of styles) assert.deepEqual(inStyle(await read(name)), [], name);
});

test("functions, selectors and properties that are too new are found", () => {
  assert.deepEqual(inScript("URL.canParse(x)"), ["URL.canParse"]);
  assert.deepEqual(inScript("a.toSorted(); Promise.withResolvers(); new CookieStore(); AbortSignal.any([]); Promise.any([])"), ["toSorted", "Promise.withResolvers", "CookieStore", "AbortSignal.any"]);
  assert.deepEqual(inScript("const { cookieStore: n } = window; a.querySelectorAll('.x:has(:enabled)'); a.closest(`:popover-open ${b}`)"), ["cookieStore", ":has() in a script", ":popover-open in a script"]);
  assert.deepEqual(inScript("a.querySelectorAll('.x:not(:disabled)'); new URL(x); Object.hasOwn(a, 'b'); a.at(-1)"), []);
  assert.deepEqual(inStyle(".a { field-sizing: content; color: red } .b:user-invalid, .c::details-content {} @starting-style { .x { color: red } }"), ["@starting-style", "field-sizing", ":user-invalid", ":details-content"]);
  assert.deepEqual(inStyle(".a { text-wrap: balance; content: 'x' / '' } .b { content: 'x'; content: 'x' / '' }"), ["text-wrap", "content: with another text to read"]);
});
