// What axe finds, and what it cannot see: zoom, longer words, motion, forced colours, what is read aloud.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { AxeBuilder } from "@axe-core/playwright";
import { parts, site, stage } from "./browser.mjs";

const set = stage();
afterEach(async () => assert.deepEqual(await set.tidy(), []));

const LANGUAGES = ["cs", "en", "pl", "pt", "sk"];
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

async function axe(page, what) {
  const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze();
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`), [], what);
}

/** Goes through the page in a language and calls `look` with a name for each of its states. */
async function tour(page, language, look) {
  // The scenario speaks as the page does, so that each catalogue is looked at.
  const all = Object.fromEntries(LANGUAGES.map((tag) => [tag, "Text"]));
  set.mock.scenarios.five = { ...set.mock.scenarios["order-status"], languages: LANGUAGES, title: all, boxes: structuredCloneTexts(set.mock.scenarios["order-status"].boxes) };
  await page.goto(`${set.mock.base}/chat/five?lang=${language}`);
  const chat = parts(page);
  await chat.log.locator(".item .bubble[id]").first().waitFor();
  await page.waitForFunction((language) => document.querySelector("krabice-chat").shadowRoot.querySelector("#panel").lang === language, language);
  await chat.answer("x");
  await chat.log.locator(".again").waitFor();
  await chat.answer("O260147");
  await page.waitForFunction(() => document.querySelector("krabice-chat").shadowRoot.querySelector("#line").inputMode === "email");
  await look("a question, asked again before");
  await chat.answer("petra.vlkova@example.cz");
  await chat.log.locator(".offers button").first().waitFor();
  await page.waitForFunction(() => !document.querySelector("krabice-chat").shadowRoot.querySelector(".offers [aria-disabled=true]"));
  await look("buttons and a file");
  await chat.menu.click();
  await look("the menu");
  await page.keyboard.press("Escape");
  await chat.log.locator(".offers button").last().click();
  await chat.again.waitFor();
  await look("the end");
}

// Texts alone differ between languages, so one state of the page shows what a language breaks.
test("axe finds nothing on the page in any language", async () => {
  for (const language of LANGUAGES) {
    const page = await set.page();
    await tour(page, language, async (what) => { if (what === "the menu") await axe(page, `${language}: ${what}`); });
    await page.close();
  }
});

for (const colorScheme of ["light", "dark"]) {
  for (const width of [320, 1280]) {
    test(`axe finds nothing on the page, in ${colorScheme}, ${width} px wide`, async () => {
      const page = await set.page({ colorScheme, viewport: { width, height: 720 } });
      await tour(page, "cs", (what) => axe(page, what));
    });

    test(`axe finds nothing in the widget and on the demo page, in ${colorScheme}, ${width} px wide`, async () => {
      const page = await set.page({ colorScheme, viewport: { width, height: 720 } });
      await page.goto(`${set.mock.base}/demo/`);
      const chat = parts(page);
      await page.locator("#scenarios h3").first().waitFor();
      await chat.launcher.waitFor();
      await axe(page, "closed");
      await chat.launcher.click();
      await chat.said("Napište prosím").waitFor();
      await axe(page, "open");
      let go;
      set.mock.on.answer = () => new Promise((resolve) => { go = () => resolve("cut"); });
      await chat.answer("O260147");
      await chat.log.locator(".typing").waitFor();
      await axe(page, "working");
      set.mock.on.answer = () => "cut";
      go();
      await chat.log.locator(".failed").waitFor();
      await axe(page, "not sent");
    });
  }
}

/** Each text in all five languages. */
function structuredCloneTexts(boxes) {
  const wide = (text) => (typeof text === "object" && !Array.isArray(text) ? Object.fromEntries(LANGUAGES.map((tag) => [tag, text[tag] ?? text.en])) : text);
  return Object.fromEntries(Object.entries(boxes).map(([id, box]) => [id, {
    ...box, ...(box.text && { text: wide(box.text) }), ...(box.reask && { reask: wide(box.reask) }),
    ...(box.buttons && { buttons: box.buttons.map(([value, label, next]) => [value, wide(label), next]) }),
  }]));
}

test("at 320 px, at 400 % zoom and with words 40 % longer nothing is cut off or scrolls sideways", async () => {
  for (const [viewport, language] of [[{ width: 320, height: 640 }, "pt"], [{ width: 320, height: 256 }, "pl"]]) {
    const page = await set.page({ viewport, hasTouch: true });
    await page.route(/\/assets\/text-/, async (route) => {
      const response = await route.fetch();
      const longer = (await response.text()).replace(/"([^"]{4,})"/g, (_, words) => `"${words}${words.slice(0, Math.ceil(words.length * 0.4))}"`);
      await route.fulfill({ response, body: longer });
    });
    set.mock.scenarios.long = { title: { en: "A rather long title of a scenario that nobody kept short" }, languages: [language], start: "ask", boxes: {
      ask: { type: "buttons", text: "Please choose one of the many things that can be chosen here", buttons: [["a", "Talk to a person who has time for you", "bye"], ["b", "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk", "bye"]] },
      bye: { type: "end", text: "Bye" } } };
    set.mock.scenarios.long.title[language] = set.mock.scenarios.long.title.en;
    await page.goto(`${set.mock.base}/chat/long?lang=${language}`);
    const chat = parts(page);
    await chat.log.locator(".offers button").first().waitFor();
    const spilled = () => page.evaluate(() => {
      const root = document.querySelector("krabice-chat").shadowRoot;
      return [...root.querySelectorAll(".panel *:not(.unseen):not(path)")].filter((element) => {
        const { left, right, width, height } = element.getBoundingClientRect();
        const clipped = element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).overflowX !== "visible" && !/^(?:INPUT|TEXTAREA)$/.test(element.tagName);
        return width > 0 && height > 0 && !element.closest(".unseen") && (left < -1 || right > innerWidth + 1 || clipped);
      }).map((element) => `${element.tagName}.${element.className}`);
    });
    assert.deepEqual(await spilled(), []);
    await chat.menu.click();
    assert.deepEqual(await spilled(), []);
    const reachable = async (part) => {
      await part.scrollIntoViewIfNeeded();
      const box = await part.boundingBox();
      assert.ok(box.y >= 0 && box.y + box.height <= viewport.height + 1 && box.height >= 40, JSON.stringify(box));
    };
    for (const item of await chat.chat.locator(".menu button").all()) await reachable(item);
    await chat.chat.locator(".menu button").last().click();
    await chat.question.waitFor();
    assert.deepEqual(await spilled(), []);
    for (const button of await chat.question.getByRole("button").all()) await reachable(button);
    await page.keyboard.press("Escape");
    // The newest thing said, the field and the button to send are all on the screen.
    for (const part of [chat.field, chat.send, chat.menu]) await reachable(part);
    assert.ok((await chat.log.boundingBox()).height >= 60);
    await chat.log.locator(".offers button").first().click();
    await chat.again.waitFor();
    assert.deepEqual(await spilled(), []);
    await page.close();
  }
});

test("everything that can be pressed is large enough", async () => {
  const page = await set.page({ viewport: { width: 320, height: 640 } });
  await page.goto(`${set.mock.base}/chat/order-status`);
  const chat = parts(page);
  await chat.said("Napište prosím").waitFor();
  await chat.answer("O260147");
  await chat.said("A e-mail").waitFor();
  await chat.answer("petra.vlkova@example.cz");
  await chat.said("Mohu ještě").waitFor();
  await chat.menu.click();
  const small = await page.evaluate(() => [...document.querySelector("krabice-chat").shadowRoot.querySelectorAll("button, input")]
    .filter((element) => element.checkVisibility()).map((element) => [element.textContent || element.getAttribute("aria-label"), element.getBoundingClientRect()])
    .filter(([, { width, height }]) => width < 44 || height < 43.5).map(([name, { width, height }]) => `${name}: ${width} × ${height}`));
  assert.deepEqual(small, []);
});

test("without motion nothing moves, with it something does", async () => {
  for (const [reducedMotion, moving] of [["reduce", 0], ["no-preference", 1]]) {
    const page = await set.page({ reducedMotion });
    await page.goto(`${set.mock.base}/chat/order-status`);
    const chat = parts(page);
    await chat.said("Napište prosím").waitFor();
    const names = await chat.log.locator(".item").first().evaluate((item) => getComputedStyle(item).animationName);
    assert.equal(names !== "none", moving === 1);
    await page.close();
  }
});

test("with forced colours the sides and the buttons are still told apart", async () => {
  const page = await set.page({ forcedColors: "active" });
  await page.goto(`${set.mock.base}/chat/order-status`);
  const chat = parts(page);
  await chat.said("Napište prosím").waitFor();
  await chat.answer("O260147");
  await chat.said("A e-mail").waitFor();
  const border = (locator) => locator.evaluate((element) => [getComputedStyle(element).borderTopStyle, getComputedStyle(element).borderTopColor]);
  const [bot] = [await border(chat.said("A e-mail").locator(".bubble"))];
  const you = await border(chat.you.first());
  assert.equal(bot[0], "solid");
  assert.equal(you[0], "solid");
  assert.notEqual(bot[1], you[1]);
  assert.equal((await border(chat.send))[0], "solid");
});

test("what is added is read aloud whole, what comes back after a reload is not", async () => {
  const page = await set.page();
  await page.goto(`${set.mock.base}/chat/order-status`);
  const chat = parts(page);
  await chat.said("Napište prosím").waitFor();
  const log = () => chat.log.evaluate((log) => [log.getAttribute("aria-live"), log.getAttribute("aria-label"), log.lang, log.querySelectorAll("[aria-live]").length]);
  assert.deepEqual(await log(), ["polite", "Konverzace", "cs", 0]);
  await page.evaluate(() => {
    window.added = [];
    new MutationObserver((changes) => window.added.push(...changes.flatMap((change) => [...change.addedNodes].map((node) => node.textContent))))
      .observe(document.querySelector("krabice-chat").shadowRoot.querySelector(".log"), { childList: true });
  });
  await chat.answer("nevím");
  await chat.said("To nevypadá").waitFor();
  const added = await page.evaluate(() => window.added);
  assert.match(added[0], /^Vy: nevím/);
  assert.match(added[1], /^Asistent: To nevypadá jako číslo objednávky\. Najdete ho v potvrzovacím e-mailu\./);
  await page.reload();
  await chat.said("To nevypadá").waitFor();
  assert.equal((await log())[0], "off");
  await chat.answer("O260147");
  await chat.said("A e-mail").waitFor();
  assert.equal((await log())[0], "polite");
});

test("the widget's own name for itself changes with the language of the page", async () => {
  for (const [lang, name] of [["sk", "Otvoriť chat"], ["pt-BR", "Abrir o chat"], ["de", "Open the chat"]]) {
    const shop = await site({ "/": `<!doctype html><html lang="${lang}"><meta charset="utf-8"><title>x</title><script src="${set.mock.base}/widget.js" data-scenario="order-status" async></script>` });
    const page = await set.page();
    await page.goto(shop.origin);
    await page.getByRole("button", { name }).waitFor();
    await page.close();
    await shop.close();
  }
});
