import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { afterEach, test } from "node:test";
import { parts, stage } from "./browser.mjs";

const set = stage();
afterEach(async () => assert.deepEqual(await set.tidy(), []));

const open = async (scenario, settings, query = "") => {
  const page = await set.page(settings);
  await page.goto(`${set.mock.base}/chat/${scenario}${query}`);
  return { page, ...parts(page) };
};

test("a whole conversation with the mouse, in Czech", async () => {
  const chat = await open("order-status");
  await chat.said("Napište prosím číslo objednávky.").waitFor();
  assert.equal(await chat.page.title(), "Stav objednávky");
  await chat.field.fill("nevím");
  await chat.send.click();
  await chat.said("To nevypadá jako číslo objednávky.").waitFor();
  assert.equal(await chat.field.getAttribute("aria-invalid"), "true");
  await chat.field.fill("O260147");
  await chat.send.click();
  await chat.said("A e-mail").waitFor();
  assert.equal(await chat.field.getAttribute("aria-invalid"), "false");
  await chat.field.fill("petra.vlkova@example.cz");
  await chat.send.click();
  await chat.said("Objednávka O260147: Odeslaná.").waitFor();
  const link = chat.log.getByRole("link", { name: "https://tracking.example.cz/parcel?id=DR0123456789X" });
  assert.equal(await link.getAttribute("rel"), "noopener noreferrer nofollow");

  const [download] = await Promise.all([chat.page.waitForEvent("download"), chat.log.getByRole("button", { name: /Stáhnout faktura-2026-0147.pdf, PDF, 19 B/ }).click()]);
  assert.equal(download.suggestedFilename(), "faktura-2026-0147.pdf");
  assert.equal(await readFile(await download.path(), "utf8"), "%PDF-1.4 an invoice");

  await chat.button("Ne, děkuji").click();
  await chat.said("Hezký den!").waitFor();
  await chat.again.waitFor();
  assert.equal(await chat.log.getByRole("button", { name: "Jiná objednávka" }).isDisabled(), true);
  assert.match(await chat.log.getByRole("button", { name: "Ne, děkuji" }).textContent(), /vybráno/);
  assert.deepEqual((await chat.you.allTextContents()).slice(0, 2), ["nevím", "O260147"]);

  await chat.again.click();
  await chat.field.waitFor();
  await chat.said("Napište prosím číslo objednávky.").waitFor();
  assert.deepEqual(await chat.texts(), ["Napište prosím číslo objednávky."]);
});

test("each kind of question has the field, the keyboard and the name that fit it", async () => {
  const chat = await open("every-kind", { locale: "en-GB" });
  const given = async () => chat.field.evaluate((field) => [field.localName, field.type, field.inputMode, field.autocomplete, field.labels[0].textContent]);
  const kinds = {
    "text": [["textarea", "textarea", "", "off", "Your answer"], "Two\nlines"],
    "order-number": [["input", "text", "text", "off", "Order number"], "O 26/0147"],
    "email": [["input", "text", "email", "email", "Your e-mail"], "Jan@Example.cz"],
    "phone": [["input", "tel", "tel", "tel", "Your phone number"], "+420 601 123 456"],
    "number": [["input", "text", "decimal", "off", "A number"], "1 250,50"],
    "date": [["input", "date", "text", "off", "A date"], "2026-03-14"],
    "choice": [["input", "text", "text", "off", "Choose or write"], undefined],
    "pattern": [["input", "text", "text", "off", "Your answer"], "AB-1"],
  };
  for (const [kind, [field, answer]] of Object.entries(kinds)) {
    await chat.said(`Please answer: ${kind}`).waitFor();
    assert.deepEqual(await given(), field, kind);
    if (answer !== undefined) await chat.answer(answer);
    else await chat.button("Choice 3").click();
  }
  await chat.said("Done.").waitFor();
  assert.deepEqual(await chat.you.allTextContents(), ["Two\nlines", "O 26/0147", "Jan@Example.cz", "+420 601 123 456", "1 250,50", "2026-03-14", "Choice 3", "AB-1"]);
});

test("a date goes in the form that Czechs write", async () => {
  const chat = await open("every-kind");
  for (const [kind, answer] of [["text", "a"], ["order-number", "1"], ["email", "a@b.cz"], ["phone", "1"], ["number", "1"]]) {
    await chat.said(`Please answer: ${kind}`).waitFor();
    await chat.answer(answer);
  }
  await chat.said("Please answer: date").waitFor();
  await chat.answer("2026-03-04");
  await chat.said("4. 3. 2026").waitFor();
});

test("nothing written is answered by a hint, not by a request", async () => {
  const chat = await open("order-status");
  await chat.said("Napište prosím").waitFor();
  const asked = set.mock.requests.length;
  await chat.field.fill("   ");
  await chat.field.press("Enter");
  assert.equal(await chat.chat.locator("#problem").textContent(), "Nejdřív prosím napište odpověď.");
  assert.equal(await chat.field.getAttribute("aria-invalid"), "true");
  assert.match(await chat.field.getAttribute("aria-describedby"), /said-1 problem/);
  assert.deepEqual(set.mock.requests.slice(asked).filter((request) => request.endsWith("/answers")), []);
  await chat.field.press("1");
  await chat.chat.locator("#problem").waitFor({ state: "hidden" });
});

test("an answer stands there at once, and a long turn is told of", async () => {
  const chat = await open("order-status");
  await chat.said("Napište prosím").waitFor();
  await chat.answer("O260147");
  await chat.said("A e-mail").waitFor();
  let go;
  set.mock.on.call = () => new Promise((resolve) => { go = resolve; });
  await chat.page.clock.install();
  await chat.answer("petra.vlkova@example.cz");
  await chat.you.filter({ hasText: "petra.vlkova@example.cz" }).waitFor();
  await chat.page.clock.runFor(400);
  await chat.log.locator(".typing").waitFor();
  await chat.page.clock.runFor(1_200);
  await chat.page.waitForFunction(() => document.querySelector("krabice-chat").shadowRoot.querySelector("[role=status]").textContent === "Hledám…");
  await chat.page.clock.runFor(3_500);
  await chat.log.locator(".still", { hasText: "Pořád hledám, ještě chvilku…" }).waitFor();
  // A second answer waits until the first is through.
  await chat.answer("ještě něco");
  assert.equal(await chat.field.inputValue(), "ještě něco");
  await chat.page.clock.runFor(25_000);
  await chat.banner.getByRole("button", { name: "Začít znovu" }).waitFor();
  go();
  await chat.page.clock.runFor(1_000);
  await chat.said("Mohu ještě").waitFor();
  await chat.banner.waitFor({ state: "hidden" });
  await chat.log.locator(".typing").waitFor({ state: "hidden" });
});

test("the menu copies, ends and begins again", async () => {
  const page = await set.page({ permissions: ["clipboard-read", "clipboard-write"] });
  await page.goto(`${set.mock.base}/chat/order-status?campaign=jaro`);
  const chat = parts(page);
  await chat.said("Napište prosím").waitFor();
  await chat.answer("O260147");
  await chat.said("A e-mail").waitFor();
  await chat.menu.click();
  await chat.button("Zkopírovat konverzaci").click();
  await chat.banner.getByText("Konverzace je zkopírovaná.").waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()),
    "Asistent: Napište prosím číslo objednávky.\nVy: O260147\nAsistent: A e-mail, na který jste objednávali?");
  await chat.menu.click();
  await chat.button("Ukončit chat").click();
  await chat.chat.getByText("Chat skončil.").waitFor();
  assert.equal(await chat.again.evaluate((button) => button.getRootNode().activeElement !== null), true);
  await chat.menu.click();
  assert.equal(await chat.chat.locator(".menu button", { hasText: "Ukončit chat" }).isVisible(), false);
  await chat.chat.locator(".menu button", { hasText: "Začít znovu" }).click();
  await chat.said("Napište prosím").waitFor();
  assert.deepEqual(await chat.texts(), ["Napište prosím číslo objednávky."]);
});

test("the customer's data is a file", async () => {
  const chat = await open("order-status");
  await chat.said("Napište prosím").waitFor();
  await chat.answer("O260147");
  await chat.said("A e-mail").waitFor();
  await chat.menu.click();
  const [download] = await Promise.all([chat.page.waitForEvent("download"), chat.button("Moje data").click()]);
  assert.equal(download.suggestedFilename(), "chat-order-status.json");
  const data = JSON.parse(await readFile(await download.path(), "utf8"));
  assert.deepEqual(data.events.map(({ text }) => text), await chat.texts());
  set.mock.on.export = () => "cut";
  await chat.menu.click();
  await chat.button("Moje data").click();
  await chat.banner.getByText("Soubor se nepodařilo stáhnout.").waitFor();
});

test("a conversation is erased after a question, by keys alone", async () => {
  const chat = await open("order-status");
  const { keyboard } = chat.page;
  await chat.said("Napište prosím").waitFor();
  await chat.answer("O260147");
  await chat.said("A e-mail").waitFor();
  const ask = async () => {
    await chat.menu.focus();
    await keyboard.press("Enter");
    await keyboard.press("Shift+Tab");
    for (let tries = 0; tries < 8 && await focused() !== "Smazat konverzaci"; tries++) await keyboard.press("Tab");
    await keyboard.press("Enter");
    await chat.question.waitFor();
  };
  const focused = () => chat.chat.evaluate((host) => host.shadowRoot.activeElement?.textContent);
  await ask();
  assert.equal(await chat.question.getAttribute("aria-labelledby").then((id) => chat.chat.locator(`#${id}`).textContent()), "Smazat tuto konverzaci natrvalo? Nepůjde to vrátit.");
  // The harmless answer is the one that Enter gives.
  assert.equal(await focused(), "Ponechat");
  assert.equal(await chat.field.isVisible(), false);
  await keyboard.press("Escape");
  await chat.field.waitFor();
  assert.equal(set.mock.requests.filter((request) => request.startsWith("DELETE")).length, 0);

  set.mock.on.erase = () => "cut";
  await ask();
  await keyboard.press("Tab");
  await keyboard.press("Enter");
  await chat.banner.getByText("Konverzaci se nepodařilo smazat.").waitFor();
  assert.equal((await chat.texts()).length, 3);

  set.mock.on.erase = undefined;
  const other = parts(await chat.page.context().newPage());
  await other.chat.page().goto(`${set.mock.base}/chat/order-status`);
  await other.said("A e-mail").waitFor();
  await ask();
  await keyboard.press("Tab");
  await keyboard.press("Enter");
  await chat.chat.getByText("Konverzace je smazaná.").first().waitFor();
  assert.equal(await focused(), "Začít znovu");
  assert.deepEqual(await chat.texts(), []);
  assert.deepEqual(await chat.page.evaluate(() => Object.keys(sessionStorage).filter((name) => !name.includes(":open:"))), []);
  await other.chat.getByText("Tato konverzace už není dostupná.").first().waitFor();
  assert.deepEqual(await other.texts(), []);
  await chat.menu.click();
  assert.deepEqual(await chat.chat.locator(".menu button:visible").allTextContents(), ["Začít znovu", "Zkopírovat konverzaci"]);
  await keyboard.press("Escape");
  await chat.again.click();
  await chat.said("Napište prosím").waitFor();
});

test("a press whose words come back in others marks and holds the right buttons", async () => {
  // A loop: the same buttons again, with labels that the server writes otherwise than the page.
  const again = { cs: "Ještě  jednou" };
  set.mock.scenarios.loop = { title: { cs: "x" }, languages: ["cs"], start: "ask", boxes: { ask: { type: "buttons", text: "A dál?", buttons: [["again", again, "ask"], ["no", { cs: "Ne" }, "bye"]] }, bye: { type: "end", text: "Hezký den!" } } };
  set.mock.on.answer = () => { set.mock.scenarios.loop.boxes.ask.buttons[0][1] = { cs: "Ještě jednou" }; };
  const chat = await open("loop");
  const groups = chat.log.locator(".offers");
  await groups.first().getByRole("button").first().click();
  await groups.nth(1).getByRole("button", { name: "Ne" }).click();
  await chat.said("Hezký den!").waitFor();
  assert.deepEqual(await groups.locator(".chosen").allTextContents(), ["Ještě  jednou (vybráno)", "Ne (vybráno)"]);
});

test("a scenario that hands over says so, and one that is not there too", async () => {
  const chat = await open("order-status");
  await chat.said("Napište prosím").waitFor();
  await chat.answer("O260147");
  await chat.said("A e-mail").waitFor();
  await chat.answer("petra.vlkova@example.cz");
  await chat.button("Spojit s člověkem").click();
  await chat.said("Předávám vás člověku.").waitFor();
  await chat.chat.getByText("Dál se vám bude věnovat člověk.").waitFor();

  const missing = await open("nothing-here");
  await missing.chat.getByText("Tento chat tu není nastaven.").first().waitFor();
  assert.equal(await missing.field.isVisible(), false);
});

test("more messages than fit: the newest is in sight, unless the customer reads older ones", async () => {
  const chat = await open("chatty", { locale: "en-GB" });
  await chat.said("Say something.").waitFor();
  await chat.answer("go");
  await chat.page.waitForFunction(() => document.querySelector("krabice-chat").shadowRoot.querySelectorAll(".bot .bubble[id]").length === 42);
  await chat.page.waitForFunction(() => { const log = document.querySelector("krabice-chat").shadowRoot.querySelector(".log"); return log.scrollHeight - log.scrollTop - log.clientHeight < 2; });
  await chat.log.evaluate((log) => { log.scrollTop = 0; });
  // The page hears of the scrolling with its next frame.
  await chat.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  const other = parts(await chat.page.context().newPage());
  await other.chat.page().goto(`${set.mock.base}/chat/chatty`);
  await other.said("Line 39").waitFor();
  await other.answer("more");
  await chat.chat.locator(".newest:not([hidden])").waitFor();
  await chat.chat.locator(".newest").click();
  await chat.page.waitForFunction(() => { const log = document.querySelector("krabice-chat").shadowRoot.querySelector(".log"); return log.scrollHeight - log.scrollTop - log.clientHeight < 2; });
});

test("an answer that is sent before the first question is there goes out with it", async () => {
  const page = await set.page();
  let begin;
  const typed = new Promise((resolve) => { begin = resolve; });
  await page.route("**/api/v1/sessions", async (route) => { await typed; await route.continue(); });
  await page.goto(`${set.mock.base}/chat/order-status`);
  const chat = { page, ...parts(page) };
  await chat.field.fill("O260147");
  await page.keyboard.press("Enter");
  assert.equal(await chat.field.inputValue(), "O260147");
  assert.equal(await chat.send.getAttribute("aria-disabled"), "true");
  begin();
  await chat.said("A e-mail").waitFor();
  assert.deepEqual(await chat.you.allTextContents(), ["O260147"]);
  assert.equal(await chat.field.inputValue(), "");
});

test("a text that is too long stays whole, and the page says by how much", async () => {
  const chat = await open("every-kind", { locale: "en-GB" });
  await chat.said("text").first().waitFor();
  const long = "a".repeat(2_495);
  await chat.field.fill(long);
  await chat.send.click();
  await chat.page.getByText("The text is 495 characters too long.").waitFor();
  assert.equal(await chat.field.inputValue(), long);
  assert.deepEqual(await chat.you.allTextContents(), []);
});
