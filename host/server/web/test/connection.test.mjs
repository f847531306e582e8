// What a customer sees when the way to the server breaks, or there are several of their tabs.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { parts, stage } from "./browser.mjs";
import { Problem } from "./mock.mjs";

const set = stage();
afterEach(async () => assert.deepEqual(await set.tidy(), []));

async function open(page, scenario = "order-status") {
  await page.goto(`${set.mock.base}/chat/${scenario}`);
  const chat = parts(page);
  await chat.said("Napište prosím").waitFor();
  return { page, ...chat };
}
const chat_ = async (settings) => open(await set.page(settings));


test("a reload keeps the transcript, with what is hidden as dots", async () => {
  const chat = await chat_();
  await chat.answer("O260147");
  await chat.said("A e-mail").waitFor();
  await chat.answer("petra.vlkova@example.cz");
  await chat.said("Mohu ještě").waitFor();
  await chat.you.filter({ hasText: "petra.vlkova@example.cz" }).waitFor();
  const before = await chat.texts();
  await chat.page.reload();
  await chat.said("Mohu ještě").waitFor();
  assert.deepEqual(await chat.texts(), before.map((text) => text.replace("petra.vlkova@example.cz", "•••")));
  await chat.button("Ne, děkuji").click();
  await chat.said("Hezký den!").waitFor();
  await chat.page.reload();
  await chat.again.waitFor();
  await chat.said("Hezký den!").waitFor();
  assert.equal(set.mock.requests.filter((request) => request === "POST /api/v1/sessions").length, 1);
});

test("a second tab shows the same conversation, and both go on with it", async () => {
  const context = await set.context();
  const first = await open(await context.newPage());
  await first.answer("O260147");
  await first.said("A e-mail").waitFor();
  const begun = set.mock.requests.filter((request) => request === "POST /api/v1/sessions").length;
  const second = await open(await context.newPage());
  await second.said("A e-mail").waitFor();
  assert.equal(set.mock.requests.filter((request) => request === "POST /api/v1/sessions").length, begun);
  await second.answer("petra.vlkova@example.cz");
  await first.said("Mohu ještě").waitFor();
  await first.button("Jiná objednávka").click();
  await second.log.locator(".item", { hasText: "Napište prosím" }).nth(1).waitFor();
  const hide = (texts) => texts.map((text) => text.replace("petra.vlkova@example.cz", "•••"));
  assert.deepEqual(hide(await second.texts()), hide(await first.texts()));
  // A new conversation in one is a new conversation in the other.
  await first.menu.click();
  await first.chat.locator(".menu button", { hasText: "Začít znovu" }).click();
  await second.page.waitForFunction(() => document.querySelector("krabice-chat").shadowRoot.querySelectorAll(".item .bubble[id]").length === 1);
  await second.answer("O260152");
  await first.you.filter({ hasText: "O260152" }).waitFor();
});

test("another customer's tab knows nothing of it", async () => {
  const first = await chat_();
  await first.answer("O260147");
  await first.said("A e-mail").waitFor();
  const second = await chat_();
  assert.deepEqual(await second.texts(), ["Napište prosím číslo objednávky."]);
});

test("a server that is killed and comes back in the middle of a chat loses nothing and doubles nothing", async () => {
  const chat = await chat_();
  await chat.answer("O260147");
  await chat.said("A e-mail").waitFor();
  await set.mock.stop();
  await chat.banner.getByText("Bez připojení. Zkouším to znovu…").waitFor();
  await chat.answer("petra.vlkova@example.cz");
  await chat.log.getByRole("button", { name: "Zkusit znovu" }).waitFor();
  await set.mock.listen();
  // Nobody needs to press anything.
  await chat.said("Mohu ještě").waitFor();
  await chat.banner.waitFor({ state: "hidden" });
  assert.equal(await chat.you.filter({ hasText: "petra.vlkova@example.cz" }).count(), 1);
  assert.equal(await chat.log.locator(".item", { hasText: "Odeslaná" }).count(), 1);
  assert.equal(await chat.log.locator(".failed").count(), 0);
});

test("an answer whose acknowledgement was lost is sent again under the same id, and taken once", async () => {
  const chat = await chat_();
  const ids = [];
  let lost = 0;
  // Nothing comes by the stream meanwhile.
  set.mock.on.events = () => "cut";
  set.mock.cut();
  set.mock.on.answer = ({ id }) => { ids.push(id); };
  set.mock.after.answer = () => (lost++ === 0 ? "cut" : undefined);
  await chat.answer("O260147");
  await chat.said("A e-mail").waitFor();
  await chat.page.waitForFunction(() => !document.querySelector("krabice-chat").shadowRoot.querySelector(".pending, .send[aria-disabled=true]"));
  assert.equal(ids.length, 2);
  assert.equal(new Set(ids).size, 1);
  assert.deepEqual(await chat.texts(), ["Napište prosím číslo objednávky.", "O260147", "A e-mail, na který jste objednávali?"]);
});

test("a turn that the stream has brought needs no acknowledgement", async () => {
  const chat = await chat_();
  set.mock.after.answer = () => new Promise(() => {});
  await chat.answer("O260147");
  await chat.said("A e-mail").waitFor();
  await chat.answer("petra.vlkova@example.cz");
  await chat.said("Mohu ještě").waitFor();
  assert.equal((await chat.texts()).length, 7);
});

test("a server without room for new chats says so and what to do, and lets one try again", async () => {
  set.mock.on.start = () => { throw new Problem(503, "no-new-sessions", 60); };
  const page = await set.page();
  await page.goto(`${set.mock.base}/chat/order-status`);
  const chat = parts(page);
  await chat.chat.locator(".over").getByText("Chat teď nejde spustit. Zkuste to prosím za chvíli znovu, nebo nás kontaktujte jinak.").waitFor();
  assert.equal(await chat.chat.locator("form").isVisible(), false);
  set.mock.on.start = undefined;
  await chat.again.click();
  await chat.said("Napište prosím").waitFor();
});

test("an answer that fails for good can be tried again by hand", async () => {
  const chat = await chat_();
  set.mock.on.answer = () => { throw new Problem(503, "unavailable", 0); };
  await chat.answer("O260147");
  await chat.log.getByText("Neodesláno.").waitFor();
  set.mock.on.answer = undefined;
  await chat.log.getByRole("button", { name: "Zkusit znovu" }).click();
  await chat.said("A e-mail").waitFor();
  assert.deepEqual(await chat.you.allTextContents(), ["O260147"]);
});

test("an answer that was on its way at a reload arrives", async () => {
  const chat = await chat_();
  let asked = 0;
  set.mock.on.answer = () => (asked++ === 0 ? new Promise(() => {}) : undefined);
  await chat.answer("O260147");
  await chat.you.filter({ hasText: "O260147" }).waitFor();
  await chat.page.reload();
  await chat.said("A e-mail").waitFor();
  assert.deepEqual(await chat.you.allTextContents(), ["O260147"]);
});

test("what was meant for one question never answers the next", async () => {
  const context = await set.context();
  const first = await open(await context.newPage());
  const second = await open(await context.newPage());
  set.mock.on.answer = ({ text }) => { if (text === "pomalá 1") throw new Problem(503, "unavailable", 0); };
  await first.answer("pomalá 1");
  await first.log.getByRole("button", { name: "Zkusit znovu" }).waitFor();
  await second.answer("O260147");
  await first.said("A e-mail").waitFor();
  set.mock.on.answer = undefined;
  await first.log.getByRole("button", { name: "Zkusit znovu" }).click();
  await first.log.getByText("Tohle se nepodařilo odeslat.").waitFor();
  assert.deepEqual(await second.you.allTextContents(), ["O260147"]);
  assert.equal(await second.said("A e-mail").count(), 1);
});

test("nor where the other tab's answer is on its way here", async () => {
  const context = await set.context();
  const first = await open(await context.newPage());
  const second = await open(await context.newPage());
  // The first tab hears of nothing while the second answers.
  await first.page.route("**/events", () => {});
  set.mock.on.events = () => "cut";
  set.mock.cut();
  await second.answer("O260147");
  await second.said("A e-mail").waitFor();
  await first.answer("O260152");
  await first.log.getByText("Tohle se nepodařilo odeslat.").waitFor();
  await first.said("A e-mail").waitFor();
  assert.deepEqual(await second.you.allTextContents(), ["O260147"]);
});

test("a turn of another tab holds an answer back, not off", async () => {
  const context = await set.context();
  const first = await open(await context.newPage());
  const second = await open(await context.newPage());
  let held = 0;
  set.mock.on.answer = () => { if (held++ < 2) throw new Problem(409, "turn-under-way", 0); };
  await first.answer("O260147");
  await second.said("A e-mail").waitFor();
  await first.said("A e-mail").waitFor();
  assert.equal(held, 3);
});

test("offline for a while, nothing is asked of the customer", async () => {
  const context = await set.context();
  const chat = await open(await context.newPage());
  await context.setOffline(true);
  set.mock.cut();
  await chat.banner.getByText("Bez připojení.").waitFor();
  await chat.answer("O260147");
  await chat.log.getByText("Neodesláno.").waitFor();
  await context.setOffline(false);
  await chat.said("A e-mail").waitFor();
  await chat.banner.waitFor({ state: "hidden" });
  assert.deepEqual(await chat.texts(), ["Napište prosím číslo objednávky.", "O260147", "A e-mail, na který jste objednávali?"]);
});

test("the stream goes on from the last event and tells of nothing twice", async () => {
  const chat = await chat_();
  await chat.answer("O260147");
  await chat.said("A e-mail").waitFor();
  const seen = [];
  chat.page.on("request", (request) => { if (request.url().endsWith("/events")) seen.push(request.headers()["last-event-id"]); });
  set.mock.cut();
  await chat.page.waitForRequest((request) => request.url().endsWith("/events"));
  assert.deepEqual(seen.slice(0, 1), ["3"]);
  await chat.answer("petra.vlkova@example.cz");
  await chat.said("Mohu ještě").waitFor();
  assert.equal((await chat.texts()).length, 7);
});

test("a chat that is opened while the server is away begins when it is back", async () => {
  const page = await set.page();
  await page.goto(`${set.mock.base}/chat/order-status`);
  const chat = parts(page);
  await chat.said("Napište prosím").waitFor();
  await chat.menu.click();
  let refused = 0;
  set.mock.on.start = () => { if (refused++ < 2) throw new Problem(refused === 1 ? 429 : 503, "too-many", 0); };
  await chat.chat.locator(".menu button", { hasText: "Začít znovu" }).click();
  await chat.banner.getByText("Právě je tu hodně zákazníků.").waitFor();
  await chat.said("Napište prosím").waitFor();
  await chat.banner.waitFor({ state: "hidden" });
  assert.equal(refused, 3);
});

test("a session that was erased is said to be gone, and another can begin", async () => {
  const chat = await chat_();
  set.mock.sessions.clear();
  await chat.answer("O260147");
  await chat.chat.getByText("Tato konverzace už není dostupná.").first().waitFor();
  await chat.again.click();
  await chat.said("Napište prosím").waitFor();
  set.mock.sessions.clear();
  // A page that comes back to an erased session begins another by itself.
  await chat.page.reload();
  await chat.said("Napište prosím").waitFor();
  assert.deepEqual(await chat.texts(), ["Napište prosím číslo objednávky."]);
});

test("a file that cannot be had is said, and can be asked for again", async () => {
  const chat = await chat_();
  await chat.answer("O260147");
  await chat.said("A e-mail").waitFor();
  await chat.answer("petra.vlkova@example.cz");
  const file = chat.log.getByRole("button", { name: /Stáhnout faktura/ });
  await file.waitFor();
  set.mock.on.file = () => "cut";
  await file.click();
  await chat.banner.getByText("Soubor se nepodařilo stáhnout.").waitFor();
  set.mock.on.file = undefined;
  await Promise.all([chat.page.waitForEvent("download"), file.click()]);
});

test("no token stands in an address, and no cookie is kept", async () => {
  const context = await set.context();
  const page = await context.newPage();
  const urls = [];
  page.on("request", (request) => urls.push(request.url()));
  const chat = await open(page);
  await chat.answer("O260147");
  await chat.said("A e-mail").waitFor();
  const { token } = await page.evaluate(() => JSON.parse(Object.entries(sessionStorage).find(([name]) => !name.includes(":open:"))[1]));
  assert.equal(token.length, 43);
  assert.deepEqual(urls.filter((url) => url.includes(token)), []);
  assert.deepEqual(await context.cookies(), []);
  assert.equal(await page.evaluate(() => localStorage.length), 0);
});
