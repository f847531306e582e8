// The page against a running `krabice serve` with the bundled back ends:
//
//   KRABICE_SERVER=http://127.0.0.1:8080 npm run test:server
//
// Not among the tests of `npm test`, which need no server but their own.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { parts, stage } from "./browser.mjs";

const server = process.env.KRABICE_SERVER;
if (!server) throw new Error("KRABICE_SERVER is not set: the address of a running `krabice serve`");
const set = stage();
afterEach(async () => assert.deepEqual(await set.tidy(), []));

async function open(scenario, language, page) {
  page ??= await set.page();
  await page.goto(`${server}/chat/${scenario}?lang=${language}`);
  return { page, ...parts(page) };
}

test("the state of an order, a reload, a second tab, and the end", async () => {
  const context = await set.context();
  const chat = await open("order-status", "cs", await context.newPage());
  await chat.said("Napište prosím číslo objednávky.").waitFor();
  await chat.answer("nevím");
  await chat.said("To nevypadá jako číslo objednávky.").waitFor();
  await chat.answer("O260147");
  await chat.said("A e-mail, na který jste objednávali?").waitFor();
  await chat.answer("petra.vlkova@example.cz");
  await chat.said("Objednávka O260147: Odeslaná.").waitFor();
  await chat.button("Jiná objednávka").waitFor();
  await chat.page.reload();
  await chat.button("Jiná objednávka").waitFor();
  const shown = await chat.texts();
  assert.equal(shown.includes("•••"), true);
  assert.equal(shown.join().includes("petra.vlkova"), false);
  const other = await open("order-status", "cs", await context.newPage());
  await other.button("Jiná objednávka").waitFor();
  assert.deepEqual(await other.texts(), shown);
  await other.button("Ne, děkuji").click();
  await chat.said("Hezký den!").waitFor();
  await chat.again.waitFor();
  await other.again.waitFor();
});

test("another customer's e-mail and an order that is not there are answered alike", async () => {
  const answers = [];
  for (const [order, email] of [["O260147", "jan.dvorak@example.cz"], ["O269999", "petra.vlkova@example.cz"]]) {
    const chat = await open("order-status", "en");
    await chat.said("Please type your order number.").waitFor();
    await chat.answer(order);
    await chat.said("And the e-mail you ordered with?").waitFor();
    await chat.answer(email);
    await chat.button("No, thank you").waitFor();
    answers.push((await chat.texts()).slice(4));
  }
  assert.deepEqual(answers[0], answers[1]);
});

test("a session that is ended in the menu begins again", async () => {
  const chat = await open("claim-status", "cs");
  await chat.log.locator(".bubble[id]").first().waitFor();
  await chat.menu.click();
  await chat.button("Ukončit chat").click();
  await chat.chat.getByText("Chat skončil.").waitFor();
  await chat.again.click();
  await chat.field.waitFor();
  await chat.log.locator(".bubble[id]").first().waitFor();
  assert.equal((await chat.texts()).length, 1);
});

test("a scenario that is not published is said not to be there", async () => {
  const chat = await open("not-published", "cs");
  await chat.chat.getByText("Takový chat tu není.").first().waitFor();
});

test("every scenario of the demo page opens in its widget", async () => {
  const page = await set.page();
  await page.goto(`${server}/demo/`);
  const cards = page.locator("#scenarios > li");
  await cards.locator("h3").first().waitFor();
  const chat = parts(page);
  for (const card of await cards.all()) {
    await card.getByRole("button").click();
    await chat.log.locator(".bubble[id]").first().waitFor();
    const title = await card.locator("h3").textContent();
    await chat.panel.locator("#title", { hasText: title }).waitFor();
    await chat.close.click();
  }
});
