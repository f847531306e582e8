// The first half of the conversations; the other half runs beside it, with a server of its own.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parts } from "../browser.mjs";
import { all, converse, half, shown } from "./cases.mjs";
import { drive } from "./drive.mjs";
import { leaks, spellings } from "./record.mjs";

const stand = drive(half(0));
/** Not where some cases alone were asked for. */
const whole = ["all", undefined].includes(process.env.CASES);

test("every published scenario is driven, in every language that it speaks to somebody in", { skip: !whole }, async () => {
  const { real } = stand;
  const sample = [...half(0), ...half(1)];
  const driven = (name) => sample.filter(({ scenario }) => scenario === name);
  for (const name of real.scenarios.filter((name) => !name.startsWith("keeps-"))) {
    assert.ok(driven(name).some(({ finished }) => finished), `no case drives \`${name}\` to its end`);
    const { languages } = await (await fetch(`${real.base}/api/v1/scenarios/${name}`)).json();
    const spoken = new Set(driven(name).map(({ language }) => language));
    assert.deepEqual(languages.filter((language) => !spoken.has(language)), [], name);
  }
});

test("a planted value is found in each of its spellings, wherever it stands in base64", () => {
  const value = "Žluťoučký kůň & <42>@example.cz";
  for (const spelling of spellings(value)) assert.notDeepEqual(leaks(`before${spelling}after`, [value]), [], spelling);
  for (const before of ["", "a", "ab", "abc"]) {
    const coded = Buffer.from(`${before}${value} and more`).toString("base64");
    assert.notDeepEqual(leaks(coded, [value]), [], before);
  }
  assert.deepEqual(leaks("nothing of it", [value]), []);
});

test("when the back ends are gone, each scenario says so in words of its own", async () => {
  const { real, set } = stand;
  await real.unplug();
  for (const name of ["order-status", "claim-status", "two-shops", "return-label", "pohoda-invoice"]) {
    // The case in which a back end answers 503: the customer is told the same.
    const one = all.find(({ scenario, name: title }) => scenario === name && /unavailable$/.test(title));
    const page = await set.page({ locale: one.language });
    await page.goto(`${real.base}/chat/${name}?lang=${one.language}`);
    const chat = { page, ...parts(page) };
    await converse(chat, one);
    assert.deepEqual(await chat.texts(), shown(one, false), name);
  }
});
