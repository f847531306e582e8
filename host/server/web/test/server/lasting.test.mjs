// What a customer sees of a real server that dies, stops, comes back, or cannot be reached.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { parts, stage } from "../browser.mjs";
import { recorder } from "./record.mjs";
import { Real } from "./real.mjs";

const set = stage({ mocked: false });
let real;
let way;
before(async () => {
  real = await Real.start();
  way = await recorder(real.base);
});
after(async () => {
  await way?.close();
  await real?.end();
});
beforeEach(() => real.reset());
afterEach(async () => assert.deepEqual(await set.tidy(), []));

async function open(page, base = real.base) {
  await page.goto(`${base}/chat/order-status?lang=cs`);
  return { page, ...parts(page) };
}
const fresh = async (base) => open(await (await set.context()).newPage(), base);

/** A chat that has asked for the e-mail. */
async function asked(chat) {
  await chat.said("Napište prosím číslo objednávky.").waitFor();
  await chat.answer("O260147");
  await chat.said("A e-mail").waitFor();
  return chat;
}

/** Makes the shop so slow that something can happen in the middle of a turn; resolves when it was asked. */
async function slowly() {
  await real.control("upgates", "POST", "/faults", { delay_ms: 3_000, fault: { kind: "none" } });
  const before = (await real.control("upgates", "GET", "/counters")).requests;
  return async () => {
    while ((await real.control("upgates", "GET", "/counters")).requests === before) await new Promise((resolve) => setTimeout(resolve, 20));
  };
}

const WHOLE = [
  "Napište prosím číslo objednávky.", "O260147", "A e-mail, na který jste objednávali?", "•••", "Objednávka O260147: Odeslaná. Je zaplacená.",
  "Objednali jste: Zrnková káva Etiopie 500 g.", "Zásilka je na cestě, sledovací číslo je DR5550001112C.", "Mohu ještě s něčím pomoci?",
];
const dotted = async (chat) => (await chat.texts()).map((text) => (text === "petra.vlkova@example.cz" ? "•••" : text));

/** Everything stands there once, here and after a reload, and the conversation comes to its end. */
async function whole(chat) {
  await chat.button("Ne, děkuji").waitFor();
  assert.deepEqual(await dotted(chat), WHOLE);
  await chat.page.reload();
  await chat.button("Ne, děkuji").waitFor();
  assert.deepEqual(await chat.texts(), WHOLE);
  await chat.button("Ne, děkuji").click();
  await chat.said("Hezký den!").waitFor();
  await chat.again.waitFor();
  assert.deepEqual(await chat.texts(), [...WHOLE, "Ne, děkuji", "Hezký den!"]);
}

test("killed between two turns, and back on the same port and store", async () => {
  const chat = await asked(await fresh());
  await real.kill();
  await chat.banner.getByText("Bez připojení. Zkouším to znovu…").waitFor();
  await chat.answer("petra.vlkova@example.cz");
  await chat.log.getByText("Neodesláno.").waitFor();
  await real.serve();
  await whole(chat);
});

test("killed in the middle of a turn: the next server goes on with it", async () => {
  const chat = await asked(await fresh());
  const begun = await slowly();
  await chat.answer("petra.vlkova@example.cz");
  await begun();
  await real.kill();
  await real.serve();
  await whole(chat);
});

test("stopped in the middle of a turn: the turn ends first, and the chat goes on with the next server", async () => {
  const chat = await asked(await fresh());
  const begun = await slowly();
  await chat.answer("petra.vlkova@example.cz");
  await begun();
  assert.equal(await real.stop(), 0);
  await chat.button("Ne, děkuji").waitFor();
  assert.deepEqual(await dotted(chat), WHOLE);
  await chat.banner.getByText("Bez připojení. Zkouším to znovu…").waitFor();
  await real.serve();
  await chat.banner.waitFor({ state: "hidden" });
  await whole(chat);
});

test("two tabs show one conversation, and of two answers at once one is taken", async () => {
  const context = await set.context();
  const first = await asked(await open(await context.newPage()));
  const second = await open(await context.newPage());
  await second.said("A e-mail").waitFor();
  // Neither goes out before both are given.
  const given = [];
  await context.route("**/answers", (route) => {
    given.push(route);
    if (given.length === 2) for (const each of given) void each.continue();
    if (given.length > 2) void route.continue();
  });
  await first.answer("petra.vlkova@example.cz");
  await second.answer("jan.dvorak@example.cz");
  for (const chat of [first, second]) await chat.button("Ne, děkuji").waitFor();
  for (const chat of [first, second]) {
    await chat.page.reload();
    await chat.button("Ne, děkuji").waitFor();
  }
  assert.deepEqual(await first.texts(), await second.texts());
  assert.equal((await first.you.allTextContents()).length, 2);
  await second.button("Jiná objednávka").click();
  await first.log.locator(".item", { hasText: "Napište prosím" }).nth(1).waitFor();
  await first.menu.click();
  await first.button("Ukončit chat").click();
  for (const chat of [first, second]) await chat.again.waitFor();
});

test("offline for half a minute", async () => {
  const chat = await asked(await fresh(way.base));
  const context = chat.page.context();
  await chat.page.clock.install();
  await context.setOffline(true);
  way.cut();
  await chat.page.clock.runFor(3_000);
  await chat.banner.getByText("Bez připojení. Zkouším to znovu…").waitFor();
  await chat.answer("petra.vlkova@example.cz");
  await chat.page.clock.runFor(27_000);
  await chat.log.getByText("Neodesláno.").waitFor();
  await context.setOffline(false);
  await chat.page.clock.resume();
  await chat.button("Ne, děkuji").waitFor();
  await chat.banner.waitFor({ state: "hidden" });
  await whole(chat);
});

test("a reload in the middle of a turn", async () => {
  const chat = await asked(await fresh());
  const begun = await slowly();
  await chat.answer("petra.vlkova@example.cz");
  await begun();
  await chat.page.reload();
  await whole(chat);
});
