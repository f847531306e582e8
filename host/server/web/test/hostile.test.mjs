// Texts that attack, and pages that do not want a chat.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { parts, site, stage } from "./browser.mjs";
import { CORPUS, harmless } from "./corpus.mjs";

const set = stage();
afterEach(async () => assert.deepEqual(await set.tidy(), []));

const hostile = (text) => ({
  title: { en: text }, languages: ["en"], start: "say",
  boxes: {
    say: { type: "message", text, next: "file" },
    file: { type: "file", name: text, mediaType: text, content: "x", next: "choose" },
    choose: { type: "answer", expect: "choice", text, choices: [["a", text, "press"]], reask: text },
    press: { type: "buttons", text, buttons: [["b", text, "free"]] },
    free: { type: "answer", expect: "text", text, next: "bye" },
    bye: { type: "end", text },
  },
});

test("no text of a back end, a scenario or a customer is ever more than text", async () => {
  const context = await set.context({ locale: "en-GB" });
  const page = await context.newPage();
  const other = [];
  page.on("request", (request) => { if (!request.url().startsWith(set.mock.base) && !request.url().startsWith("data:")) other.push(request.url()); });
  for (const [index, text] of CORPUS.entries()) {
    const name = `hostile-${index}`;
    set.mock.scenarios[name] = hostile(text);
    await page.goto(`${set.mock.base}/chat/${name}?lang=en`);
    const chat = parts(page);
    await chat.log.locator(".offers button").first().waitFor();
    await chat.log.locator(".offers button").last().click();
    await chat.log.locator(".offers button:not(:disabled):not([aria-disabled=true])").last().click();
    await page.waitForFunction(() => {
      const area = document.querySelector("krabice-chat").shadowRoot.querySelector("#area");
      return !area.hidden && area.labels[0].textContent === "Your answer";
    });
    await page.waitForFunction(() => document.querySelector("krabice-chat").shadowRoot.querySelector(".send").getAttribute("aria-disabled") === "false");
    if (text.trim()) await chat.answer(text);
    else await chat.answer("x");
    await chat.again.waitFor();
    const shown = await harmless(page, "https://example.cz/", text);
    assert.equal(shown.every((shown) => shown === text || shown === "x"), true, text);
  }
  assert.deepEqual(other, []);
});

test("a file that calls itself a page is saved, not shown", async () => {
  set.mock.scenarios.evil = { title: { en: "x" }, languages: ["en"], start: "file", boxes: { file: { type: "file", name: "invoice.html", mediaType: "text/html", content: "<script>alert(1)</script>", next: "bye" }, bye: { type: "end" } } };
  const page = await set.page({ locale: "en-GB" });
  await page.addInitScript(() => {
    const make = URL.createObjectURL;
    URL.createObjectURL = (blob) => { window.madeType = blob.type; return make.call(URL, blob); };
  });
  await page.goto(`${set.mock.base}/chat/evil`);
  const chat = parts(page);
  const [download] = await Promise.all([page.waitForEvent("download"), chat.log.getByRole("button", { name: /Download invoice.html/ }).click()]);
  assert.equal(download.suggestedFilename(), "invoice.html");
  assert.equal(await page.evaluate(() => window.madeType), "application/octet-stream");
});

const STRICT = (base) => `default-src 'none'; script-src ${base}; connect-src ${base}; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'`;

test("a shop's page with a strict policy and Trusted Types needs two directives and no style", async () => {
  const shop = await site({ "/": `<!doctype html><html lang="sk"><meta charset="utf-8"><title>x</title><script src="${set.mock.base}/widget.js" data-scenario="order-status" data-privacy="https://example.cz/soukromi" async></script>` },
    { "Content-Security-Policy": STRICT(set.mock.base) });
  set.mock.origins = [shop.origin];
  const page = await set.page();
  await page.goto(shop.origin);
  const chat = parts(page);
  await chat.launcher.click();
  await chat.said("Napište prosím").waitFor();
  assert.equal(await chat.panel.evaluate((panel) => getComputedStyle(panel).position), "fixed");
  await chat.answer("O260147");
  await chat.said("A e-mail").waitFor();
  await chat.answer("petra.vlkova@example.cz");
  await Promise.all([page.waitForEvent("download"), chat.log.getByRole("button", { name: /faktura/ }).click()]);
  await shop.close();
});

test("a shop's page that resets, hides and restyles everything leaves the chat as it is", async () => {
  const script = `<script src="SRC" data-scenario="order-status" data-lang="cs" async></script>`;
  const page_ = (style) => `<!doctype html><html lang="cs"><meta charset="utf-8"><title>x</title><style>${style}</style><p>Text</p>${script.replace("SRC", `${set.mock.base}/widget.js`)}`;
  const shop = await site({
    "/plain": page_(""),
    "/hostile": page_(`*{all:unset!important;display:inline!important;font:40px serif!important;color:red!important;direction:rtl!important}
      html{font-size:62.5%;zoom:1} button,input,textarea,section,header,svg{display:none!important} krabice-chat{position:static!important;opacity:0!important;transform:scale(3)!important;z-index:-1!important;width:1px;overflow:hidden}
      :focus{outline:none!important} body{overflow:hidden;transform:none}`),
  });
  set.mock.origins = [shop.origin];
  const measure = async (path) => {
    const page = await set.page();
    // A page's own scripts that bend what the chat might lean on.
    if (path === "/hostile") await page.addInitScript(() => { Array.prototype.extra = () => {}; Object.prototype.extra = 1; window.$ = window.jQuery = () => { throw new Error("old"); }; });
    await page.goto(shop.origin + path);
    const chat = parts(page);
    await chat.launcher.click();
    await chat.said("Napište prosím").waitFor();
    await chat.answer("nevím");
    await chat.said("To nevypadá").waitFor();
    return page.evaluate(() => {
      const root = document.querySelector("krabice-chat").shadowRoot;
      const [host] = document.querySelectorAll("krabice-chat");
      if (getComputedStyle(host).opacity !== "1" || getComputedStyle(host).zIndex !== "2147483000") throw new Error("the host element was restyled");
      return ["#panel", ".head", ".you .bubble", ".again .bubble", "#line", ".send", ".launcher"].map((selector) => {
        const element = root.querySelector(selector);
        const { x, y, width, height } = element.getBoundingClientRect();
        const { color, backgroundColor, fontSize, fontFamily, direction, opacity } = getComputedStyle(element);
        return { selector, x, y, width, height, color, backgroundColor, fontSize, fontFamily, direction, opacity };
      });
    });
  };
  assert.deepEqual(await measure("/hostile"), await measure("/plain"));
  await shop.close();
});

test("a site that is not set up is told so: the customer in the chat, the developer in the console", async () => {
  for (const [scenario, origin, reason] of [["order-status", "https://other.example", "origin-refused: check"], ["order-statsu", undefined, "not-found: check"]]) {
    const shop = await site({ "/": `<!doctype html><html lang="cs"><meta charset="utf-8"><title>x</title><script src="${set.mock.base}/widget.js" data-scenario="${scenario}" async></script>` });
    set.mock.origins = [origin ?? shop.origin];
    const page = await set.page();
    const reported = page.waitForEvent("console", { predicate: (message) => message.text().includes(`"${scenario}"`) && message.text().includes(reason) });
    await page.goto(shop.origin);
    const chat = parts(page);
    await chat.launcher.click();
    await reported;
    await chat.chat.getByText("Tento chat tu není nastaven.").first().waitFor();
    await page.close();
    await shop.close();
  }
});

test("before the customer opens it, nothing is kept and nothing is asked for but the loader", async () => {
  const shop = await site({ "/": `<!doctype html><html lang="cs"><meta charset="utf-8"><title>x</title><p>Text</p><script src="${set.mock.base}/widget.js" data-scenario="order-status" async></script>` });
  set.mock.origins = [shop.origin];
  const context = await set.context();
  const page = await context.newPage();
  const asked = [];
  page.on("request", (request) => asked.push(request.url().replace(set.mock.base, "")));
  await page.goto(shop.origin, { waitUntil: "networkidle" });
  const chat = parts(page);
  await chat.launcher.hover();
  await chat.launcher.focus();
  assert.deepEqual(asked.filter((url) => !url.startsWith(shop.origin)), ["/widget.js"]);
  const kept = () => page.evaluate(async () => [localStorage.length, sessionStorage.length, document.cookie, (await indexedDB.databases()).length, (await caches?.keys?.() ?? []).length]);
  assert.deepEqual(await kept(), [0, 0, "", 0, 0]);
  await chat.launcher.click();
  await chat.said("Napište prosím").waitFor();
  assert.deepEqual((await kept())[0], 0);
  assert.deepEqual(await context.cookies(), []);
  // The next page of the shop has the chat as it was left, without a touch.
  await chat.answer("O260147");
  await chat.said("A e-mail").waitFor();
  await page.goto(`${shop.origin}/?page=2`);
  await chat.said("A e-mail").waitFor();
  await chat.close.click();
  asked.length = 0;
  await page.goto(`${shop.origin}/?page=3`, { waitUntil: "networkidle" });
  await chat.launcher.waitFor();
  assert.deepEqual(asked.filter((url) => !url.startsWith(shop.origin) && url !== "/widget.js"), []);
  await shop.close();
});

test("a page can open, write, listen and take the chat away, before and after it is there", async () => {
  const shop = await site({ "/": `<!doctype html><html lang="cs"><meta charset="utf-8"><title>x</title>
    <script>window.krabice = window.krabice || function () { (krabice.q = krabice.q || []).push(arguments) };
      window.heard = [];
      krabice("on", "message", function (message) { heard.push(message.kind + ": " + message.text) });
      document.addEventListener("krabice:open", function () { heard.push("open") });
      krabice("send", "O260147");</script>
    <script src="${set.mock.base}/widget.js" data-scenario="order-status" async></script>` });
  set.mock.origins = [shop.origin];
  const page = await set.page();
  await page.goto(shop.origin);
  const chat = parts(page);
  await chat.said("A e-mail").waitFor();
  assert.deepEqual(await page.evaluate(() => window.heard), ["open", "ask: Napište prosím číslo objednávky.", "said: O260147", "ask: A e-mail, na který jste objednávali?"]);
  await page.evaluate(() => { window.krabice.close(); });
  assert.equal(await chat.panel.isVisible(), false);
  const ended = page.evaluate(() => new Promise((resolve) => window.krabice.on("end", resolve)));
  await page.evaluate(() => { window.krabice.toggle(); window.krabice.setLanguage("pl"); });
  await chat.chat.getByRole("textbox", { name: "Twój e-mail" }).waitFor();
  await chat.menu.click();
  await chat.button("Zakończ czat").click();
  assert.deepEqual(await ended, { reason: "end" });
  await page.evaluate(() => window.krabice.destroy());
  assert.equal(await chat.chat.count(), 0);
  await shop.close();
});

test("an element in its place on the page is a button first", async () => {
  const shop = await site({ "/": `<!doctype html><html lang="pl"><meta charset="utf-8"><title>x</title><krabice-chat scenario="order-status"></krabice-chat><script src="${set.mock.base}/widget.js" async></script>` });
  set.mock.origins = [shop.origin];
  const page = await set.page();
  await page.goto(shop.origin, { waitUntil: "networkidle" });
  const chat = parts(page);
  assert.deepEqual(await page.evaluate(() => sessionStorage.length), 0);
  await chat.chat.getByRole("button", { name: "Otwórz czat" }).click();
  await chat.said("Napište prosím").waitFor();
  assert.equal(await chat.panel.getAttribute("role"), "region");
  assert.equal(await chat.close.count() && await chat.close.isVisible(), false);
  await shop.close();
});

test("messages that come while the panel is closed are counted", async () => {
  const shop = await site({ "/": `<!doctype html><html lang="cs"><meta charset="utf-8"><title>x</title><script src="${set.mock.base}/widget.js" data-scenario="order-status" async></script>` });
  set.mock.origins = [shop.origin];
  const page = await set.page();
  await page.goto(shop.origin);
  const chat = parts(page);
  await chat.launcher.click();
  await chat.said("Napište prosím").waitFor();
  await chat.answer("O260147");
  await chat.said("A e-mail").waitFor();
  let go;
  set.mock.on.call = () => new Promise((resolve) => { go = resolve; });
  await chat.answer("petra.vlkova@example.cz");
  await chat.you.filter({ hasText: "petra" }).waitFor();
  await chat.close.click();
  go();
  await chat.launcher.getByText("4").waitFor();
  assert.equal(await chat.launcher.getAttribute("aria-description"), "4 nové zprávy");
  await chat.launcher.click();
  assert.equal(await chat.chat.locator(".badge").textContent(), "");
  await shop.close();
});
