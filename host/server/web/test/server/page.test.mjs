// The page, the widget and the demo shop as the real server gives them: by keys alone, looked at by
// axe, under attack, on another site, in a frame.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { AxeBuilder } from "@axe-core/playwright";
import { parts, site, stage } from "../browser.mjs";
import { CORPUS, harmless } from "../corpus.mjs";
import { settled } from "./cases.mjs";
import { Real, ROOT } from "./real.mjs";

const set = stage({ mocked: false });
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
let real;
let shop;
/** The pages of a shop on another site, filled once the chat's address is known. */
const pages = {};
const policies = {};
before(async () => {
  shop = await site(pages, policies);
  real = await Real.start({ origins: { "order-status": [shop.origin], "claim-status": ["https://shop.example"] } });
  const script = (more = "") => `<script src="${real.base}/widget.js" data-scenario="order-status" data-lang="cs" ${more} async></script>`;
  const page = (...content) => `<!doctype html><html lang="cs"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Obchod</title><main><h1>Obchod</h1></main>${content.join("")}`;
  Object.assign(pages, {
    "/": page(script()),
    "/frame": page(script("data-mode=\"iframe\"")),
    "/hostile": page("<link rel=\"stylesheet\" href=\"/hostile.css\">", script()),
    "/hostile.css": "*{all:unset!important;font:40px serif!important;color:red!important;direction:rtl!important} button,input,section{display:none!important} krabice-chat{opacity:0!important;position:static!important;transform:scale(3)!important}",
    "/unlisted": page(`<script src="${real.base}/widget.js" data-scenario="claim-status" data-lang="cs" async></script>`),
  });
  policies["Content-Security-Policy"] = `default-src 'none'; script-src ${real.base}; style-src 'self'; connect-src ${real.base}; frame-src ${real.base}; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'`;
});
after(async () => {
  await real?.end();
  await shop?.close();
});
beforeEach(() => real.reset());
afterEach(async () => assert.deepEqual(await set.tidy(), []));

async function open(scenario, language, settings) {
  const page = await set.page(settings);
  await page.goto(`${real.base}/chat/${scenario}?lang=${language}`);
  return { page, ...parts(page) };
}

async function axe(page, what) {
  const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze();
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`), [], what);
}

const focused = (page) => page.evaluate(() => {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  return element?.getAttribute("aria-label") ?? (element?.labels?.[0]?.textContent || element?.textContent) ?? "";
});

test("by keys alone: from the shop's page through an order's state to the file of a label", async () => {
  const page = await set.page();
  const { keyboard } = page;
  const chat = parts(page);
  /** Goes on by Tab, or back, until something has focus. */
  const reach = async (name, key = "Tab") => {
    for (let tries = 0; tries < 40 && await focused(page) !== name; tries++) await keyboard.press(key);
    assert.equal(await focused(page), name);
  };
  await page.goto(`${real.base}/demo/?lang=cs`);
  await page.locator("#card-parcel-and-claim").waitFor();
  await page.locator("#card-parcel-and-claim .systems").evaluate((list) => { list.tabIndex = -1; list.focus(); });
  await reach("Otevřít v chatu: Zásilka a reklamace, česky");
  await keyboard.press("Enter");
  await chat.log.locator(".bubble[id]").first().waitFor();
  await page.waitForFunction(() => document.querySelector("krabice-chat").shadowRoot.activeElement?.localName === "input");
  for (const text of ["4821", "anna.zielinska@example.net"]) {
    await keyboard.type(text);
    await keyboard.press("Enter");
    await settled(page);
  }
  await reach("Štítek zásilky", "Shift+Tab");
  await keyboard.press("Enter");
  await chat.log.locator(".file").waitFor();
  await settled(page);
  await chat.field.focus();
  const name = await chat.log.locator(".file").getAttribute("aria-label");
  await reach(name, "Shift+Tab");
  const [download] = await Promise.all([page.waitForEvent("download"), keyboard.press("Enter")]);
  assert.match(download.suggestedFilename(), /\.pdf$/);
  await chat.field.focus();
  await reach("Ne, děkuji", "Shift+Tab");
  await keyboard.press("Space");
  await chat.again.waitFor();
  assert.equal(await focused(page), "Začít znovu");
  await keyboard.press("Escape");
  assert.equal(await chat.panel.isVisible(), false);
});

for (const colorScheme of ["light", "dark"]) {
  for (const width of [320, 1280]) {
    test(`axe finds nothing, in ${colorScheme}, ${width} px wide`, async () => {
      const settings = { colorScheme, viewport: { width, height: 720 } };
      const chat = await open("return-label", "pl", settings);
      for (const text of ["4821", "anna.zielinska@example.net"]) {
        await settled(chat.page);
        await chat.answer(text);
      }
      await settled(chat.page);
      await chat.button("Tak").click();
      await chat.log.locator(".file").waitFor();
      await settled(chat.page);
      await axe(chat.page, "the page");
      await chat.menu.click();
      await axe(chat.page, "the menu");
      await chat.button("Usuń rozmowę").click();
      await chat.question.waitFor();
      await axe(chat.page, "the question");
      for (const language of ["cs", "en"]) {
        const demo = await set.page(settings);
        await demo.goto(`${real.base}/demo/?lang=${language}`);
        await demo.locator("#card-first").waitFor();
        await axe(demo, `the shop, ${language}`);
        await parts(demo).launcher.click();
        await settled(demo);
        await axe(demo, `the widget, ${language}`);
      }
      const frame = await set.page(settings);
      await frame.goto(`${shop.origin}/frame`);
      await parts(frame).launcher.click();
      await parts(frame.frameLocator("krabice-chat iframe")).said("Napište prosím").waitFor();
      await axe(frame, "the frame");
    });
  }
}

test("texts that attack are text: from the shop's system, and from a customer", async () => {
  const { orders } = await real.control("upgates", "GET", "/state");
  const order = orders.find(({ order_number: number }) => number === "O260147");
  // An answer with control characters is none: the customer is told that the shop does not answer.
  const hostile = CORPUS.filter((text) => text.length < 300 && !text.includes("\u0000"));
  const products = hostile.map((title) => ({ ...order.products[0], title }));
  await real.control("upgates", "PATCH", "/state", { orders: { O260147: { status: "<img src=x onerror=window.boom=1>", tracking_code: "</div></section><h1>taken over</h1>", products } } });
  const chat = await open("order-status", "cs");
  for (const text of ["O260147", "petra.vlkova@example.cz"]) {
    await settled(chat.page);
    await chat.answer(text);
  }
  await chat.button("Ne, děkuji").waitFor();
  let shown = (await harmless(chat.page, "https://example.cz/", "the shop's")).join("\n");
  for (const text of ["<img src=x onerror=window.boom=1>", "</div></section><h1>taken over</h1>", "<script>window.boom=1</script>", "{{constructor.constructor('alert(1)')()}}", "<%= 7*7 %>"]) assert.ok(shown.includes(text), text);

  const note = await open("note-to-shop", "cs");
  for (const text of ["O260152", "petra.vlkova@example.cz"]) {
    await settled(note.page);
    await note.answer(text);
  }
  await settled(note.page);
  await note.answer(CORPUS.slice(0, 30).join(" "));
  await note.again.waitFor();
  await note.page.reload();
  await note.again.waitFor();
  shown = (await harmless(note.page, "https://example.cz/", "the customer's")).join("\n");
  assert.ok(shown.includes("<svg onload=window.boom=1>"));
});

test("on another site with a strict policy the widget works, a scenario that does not list it does not", async () => {
  assert.notEqual(new URL(shop.origin).origin, new URL(real.base).origin);
  for (const path of ["/", "/hostile"]) {
    const page = await set.page();
    await page.goto(shop.origin + path);
    const chat = parts(page);
    await chat.launcher.click();
    for (const text of ["O260147", "petra.vlkova@example.cz"]) {
      await settled(page);
      await chat.answer(text);
    }
    await chat.button("Ne, děkuji").click();
    await chat.said("Hezký den!").waitFor();
    assert.deepEqual(await chat.panel.evaluate((panel) => [getComputedStyle(panel).position, getComputedStyle(panel).direction, getComputedStyle(panel.getRootNode().host).opacity]), ["fixed", "ltr", "1"]);
  }
  const page = await set.page();
  await page.goto(`${shop.origin}/unlisted`);
  await parts(page).launcher.click();
  await parts(page).chat.getByText("Tento chat tu není nastaven.").first().waitFor();
});

test("in an iframe on another site: the listed one alone, and the token stays inside", async () => {
  const page = await set.page();
  await page.goto(`${shop.origin}/frame`);
  const outer = parts(page);
  await outer.launcher.click();
  const chat = parts(page.frameLocator("krabice-chat iframe"));
  for (const text of ["O260147", "petra.vlkova@example.cz"]) {
    await chat.field.waitFor();
    await chat.said(text === "O260147" ? "Napište prosím" : "A e-mail").waitFor();
    await chat.answer(text);
  }
  await chat.button("Ne, děkuji").waitFor();
  const reached = await page.evaluate(() => {
    try {
      return document.querySelector("krabice-chat").shadowRoot.querySelector("iframe").contentWindow.sessionStorage.length;
    } catch {
      return "nothing";
    }
  });
  assert.equal(reached, "nothing");
  assert.deepEqual(await page.evaluate(() => Object.keys(sessionStorage)), ["krabice:open:order-status"]);
  assert.equal(await page.frames()[1].evaluate(() => Object.keys(sessionStorage).filter((name) => !name.includes(":open:")).length), 1);
  const other = await fetch(`${real.base}/chat/claim-status`);
  assert.match(other.headers.get("content-security-policy"), /frame-ancestors https:\/\/shop\.example$/);
  const unlisted = await fetch(`${real.base}/chat/invoice`);
  assert.match(unlisted.headers.get("content-security-policy"), /frame-ancestors 'none'$/);
});

test("the customer's data is a file, and erased it is gone from the store", async () => {
  const chat = await open("claim-status", "sk");
  await settled(chat.page);
  await chat.answer("O260163");
  await settled(chat.page);
  const key = await chat.page.evaluate(() => JSON.parse(Object.entries(sessionStorage).find(([name]) => !name.includes(":open:"))[1]));
  await chat.menu.click();
  // The scenario speaks Czech to a Slovak, and the menu with it.
  const [download] = await Promise.all([chat.page.waitForEvent("download"), chat.button("Moje data").click()]);
  const data = JSON.parse(await readFile(await download.path(), "utf8"));
  assert.equal(data.session, key.session);
  assert.deepEqual(data.events.map(({ text }) => text), await chat.texts());
  assert.ok((await real.state(key.session)).session);
  await chat.menu.click();
  await chat.button("Smazat konverzaci").click();
  await chat.question.getByRole("button", { name: "Smazat konverzaci" }).click();
  await chat.chat.getByText("Konverzace je smazaná.").first().waitFor();
  assert.equal(await real.state(key.session), null);
  const answer = await fetch(`${real.base}/api/v1/sessions/${key.session}`, { headers: { Authorization: `Bearer ${key.token}` } });
  assert.equal(answer.status, 404);
  await chat.again.click();
  await settled(chat.page);
  assert.equal((await chat.texts()).length, 1);
});

test("a session that is ended in the menu begins again", async () => {
  const chat = await open("claim-status", "cs");
  await settled(chat.page);
  await chat.menu.click();
  await chat.button("Ukončit chat").click();
  await chat.chat.getByText("Chat skončil.").waitFor();
  await chat.again.click();
  await chat.field.waitFor();
  await settled(chat.page);
  assert.equal((await chat.texts()).length, 1);
});

test("another customer's e-mail and an order that is not there are answered alike", async () => {
  const answers = [];
  for (const [order, email] of [["O260147", "jan.dvorak@example.cz"], ["O269999", "petra.vlkova@example.cz"]]) {
    const chat = await open("order-status", "en");
    await settled(chat.page);
    await chat.answer(order);
    await settled(chat.page);
    await chat.answer(email);
    await chat.button("No, thank you").waitFor();
    answers.push((await chat.texts()).slice(4));
  }
  assert.deepEqual(answers[0], answers[1]);
});

test("who keeps guessing hears until when to wait, and may have a person instead", async () => {
  const chat = await open("order-status", "en");
  for (let tries = 0; tries < 6; tries++) {
    await settled(chat.page);
    await chat.answer("O260147");
    await settled(chat.page);
    await chat.answer(`customer${tries}@example.com`);
    await settled(chat.page);
    if (await chat.button("Try again").isVisible()) break;
    await chat.button("Another order").click();
  }
  await chat.chat.getByText(/There have been too many attempts\. Please try again after \d\d:\d\d\./).waitFor();
  await chat.button("Talk to a person").click();
  await chat.chat.getByText("A person takes over from here.").waitFor();
});

test("a scenario that is not published is said not to be there", async () => {
  const page = await set.page();
  const response = await page.goto(`${real.base}/chat/not-published?lang=cs`);
  assert.equal(response.status(), 404);
});

test("every scenario of the demo shop opens in each of its languages, and its hints are what it asks for", async () => {
  const page = await set.page();
  await page.goto(`${real.base}/demo/?lang=en`);
  const cards = page.locator("#scenarios > li");
  await cards.locator("h3").first().waitFor();
  assert.equal(await cards.count(), real.scenarios.length);
  const chat = parts(page);
  for (const card of await cards.all()) {
    const name = (await card.getAttribute("id")).replace("card-", "");
    const { languages } = JSON.parse(await readFile(join(ROOT, `scenarios/${name}.json`), "utf8"));
    const openers = card.locator(".acts button");
    assert.equal(await openers.count(), languages.length, name);
    for (const opener of await openers.all()) {
      await opener.click();
      await chat.log.locator(".bubble[id]").first().waitFor();
      await chat.close.click();
    }
    for (const answer of await card.locator(".answer").all()) {
      await settled(page);
      await answer.click();
      await page.waitForFunction((text) => [...document.querySelector("krabice-chat").shadowRoot.querySelectorAll(".you .bubble")].some(({ textContent }) => textContent === text), await answer.textContent());
    }
    await settled(page);
    assert.equal(await chat.log.locator(".again").count(), 0, name);
    assert.ok((await chat.texts()).length > (await card.locator(".answer").count()) * 2, name);
  }
});

test("a visitor has an order's state with what the shop's first screen says", async () => {
  const page = await set.page();
  await page.goto(`${real.base}/`);
  const chat = parts(page);
  const [order, email] = await page.locator("#example code").allTextContents();
  await page.locator(".hero button").click();
  await settled(page);
  await chat.answer(order);
  await settled(page);
  await chat.answer(email);
  await chat.said("Objednávka O260147: Odeslaná.").waitFor();
});
