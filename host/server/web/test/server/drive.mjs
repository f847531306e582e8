// End-to-end cases as conversations in the browser, against the real server and the bundled back
// ends of all five systems, with everything recorded that passes by.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, afterEach, before, test } from "node:test";
import { parts, stage } from "../browser.mjs";
import { converse, OWN, prepare, shown } from "./cases.mjs";
import { hidden, leaks, recorder } from "./record.mjs";
import { Real } from "./real.mjs";

/** All that a page holds: what is seen, what is kept, what stands in fields. */
const held = (page) => page.evaluate(async () => {
  const root = document.querySelector("krabice-chat").shadowRoot;
  const attributes = [...root.querySelectorAll("*"), ...document.querySelectorAll("*")].flatMap((element) => [...element.attributes].map(({ name, value }) => `${name}=${value}`));
  const fields = [...root.querySelectorAll("input, textarea")].map(({ value }) => value);
  const kept = [JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie, JSON.stringify(await indexedDB.databases()), JSON.stringify(history.state), document.title];
  return [root.textContent, document.documentElement.textContent, ...attributes, ...fields, ...kept].join("\n");
});

/** A server with back ends of its own, a browser, and a test for each of the cases. */
export function drive(chosen) {
  const set = stage({ mocked: false });
  const stand = { set, real: undefined };
  let way;
  before(async () => {
    stand.real = await Real.start({ more: OWN });
    way = await recorder(stand.real.base);
  });
  after(async () => {
    await way?.close();
    await stand.real?.end();
  });
  afterEach(async () => assert.deepEqual(await set.tidy(), []));

  for (const one of chosen) {
    test(`${one.scenario}: ${one.name}`, async () => {
      const { real } = stand;
      await prepare(real, one);
      way.forget();
      const context = await set.context({ locale: one.language });
      const page = await context.newPage();
      const told = [];
      page.on("console", (message) => told.push(message.text()));
      const names = [];
      page.on("download", (download) => names.push(download.suggestedFilename()));
      await page.goto(`${way.base}/chat/${one.scenario}?${new URLSearchParams({ lang: one.language, ...one.set })}`);
      const chat = { page, ...parts(page) };

      const session = async () => page.evaluate(() => JSON.parse(Object.entries(sessionStorage).find(([name]) => !name.includes(":open:"))[1]).session);
      const secret = new Set();
      await converse(chat, one, async () => hidden(await real.state(await session())).forEach((value) => secret.add(value)));
      assert.deepEqual(await chat.texts(), shown(one, false));
      assert.equal(await chat.again.isVisible(), one.finished);

      // The files are the ones that the terminal gets.
      const offered = one.turns.filter(({ event }) => event === "file");
      const files = chat.log.locator(".file");
      assert.deepEqual(await files.locator("b").allTextContents(), offered.map(({ name }) => name));
      if (offered.length > 0) {
        const expected = await real.inTerminal(one.scenario, one.language, one.answers);
        for (const [at, file] of offered.entries()) {
          assert.match(await files.nth(at).textContent(), new RegExp(`${file["media-type"].split("/")[1]} ·`, "i"));
          const [download] = await Promise.all([page.waitForEvent("download"), files.nth(at).click()]);
          assert.equal(download.suggestedFilename(), file.name);
          const bytes = await readFile(await download.path());
          assert.equal(bytes.length, file.size);
          assert.deepEqual(bytes, expected[file.name]);
        }
      }

      await page.reload();
      await page.waitForFunction((count) => document.querySelector("krabice-chat")?.shadowRoot.querySelectorAll(".item:not(.typing) .bubble").length === count, shown(one, true).length);
      assert.deepEqual(await chat.texts(), shown(one, true));

      const typed = one.turns.filter(({ hidden, answer }) => hidden && answer !== undefined).map(({ answer }) => answer.trim());
      // What the case's reviewed transcript shows was revealed, and a value of a few letters is found by chance (`40.00` in a time).
      const visible = JSON.stringify(one.turns.map(({ text, name, offers }) => [text, name, offers])).toLowerCase();
      const values = [...new Set([...secret, ...typed, ...one.hidden, ...await real.credentials()])].filter((value) => value.length >= 6 && !visible.includes(value.toLowerCase()));
      assert.deepEqual(leaks(way.received, values), [], "what the server said");
      // Inputs are in the address that the customer came by, and so on the page; the rest is not.
      const ours = values.filter((value) => !Object.values(one.set).includes(value));
      assert.deepEqual(leaks(way.asked, ours), [], "addresses and headers of what the page asked");
      assert.deepEqual(leaks(await held(page), ours), [], "what the page holds");
      assert.deepEqual(leaks([...told, ...names].join("\n"), values), [], "the console, and the names of files");
      // The search can find something at all: the conversation is in what was recorded.
      assert.notDeepEqual(leaks(way.received, [one.turns.at(-1).text]), []);
      assert.deepEqual(await real.violations(), []);
    });
  }
  return stand;
}
