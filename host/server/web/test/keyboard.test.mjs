// Everything by keys alone, and where focus stands meanwhile.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { parts, site, stage } from "./browser.mjs";

const set = stage();
afterEach(async () => assert.deepEqual(await set.tidy(), []));

const shopPage = (base) => ({ "/": `<!doctype html><html lang="cs"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Obchod</title>
  <main><h1>Obchod</h1><button id="buy">Koupit</button></main><script src="${base}/widget.js" data-scenario="order-status" async></script>` });

/** What has focus, looked for through the shadow root. */
const focused = (page) => page.evaluate(() => {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  return element?.getAttribute("aria-label") ?? (element?.labels?.[0]?.textContent || element?.textContent) ?? "";
});

async function shop(settings) {
  const site_ = await site(shopPage(set.mock.base));
  set.mock.origins = [site_.origin];
  const page = await set.page(settings);
  await page.goto(site_.origin);
  const chat = parts(page);
  await chat.launcher.waitFor();
  return { page, ...chat, close_: site_.close };
}

test("a whole conversation in the widget without a mouse", async () => {
  const chat = await shop();
  const { page } = chat;
  const { keyboard } = page;
  await keyboard.press("Tab");
  await keyboard.press("Tab");
  assert.equal(await focused(page), "Otevřít chat");
  assert.equal(await chat.launcher.getAttribute("aria-expanded"), null);
  await keyboard.press("Enter");
  await chat.said("Napište prosím").waitFor();
  assert.equal(await chat.launcher.getAttribute("aria-expanded"), "true");
  assert.equal(await focused(page), "Číslo objednávky");
  await keyboard.type("O260147");
  await keyboard.press("Enter");
  await chat.said("A e-mail").waitFor();
  assert.equal(await focused(page), "Váš e-mail");
  await keyboard.type("petra.vlkova@example.cz");
  await keyboard.press("Enter");
  await chat.said("Mohu ještě").waitFor();
  // What came in has not moved focus.
  assert.equal(await focused(page), "Vyberte nebo napište");
  for (const name of ["Ne, děkuji", "Spojit s člověkem", "Jiná objednávka"]) {
    await keyboard.press("Shift+Tab");
    assert.equal(await focused(page), name);
  }
  await keyboard.press("Space");
  await chat.log.locator(".item", { hasText: "Napište prosím" }).nth(1).waitFor();
  assert.equal(await focused(page), "Číslo objednávky");
  await keyboard.press("Escape");
  assert.equal(await chat.panel.isVisible(), false);
  assert.equal(await focused(page), "Otevřít chat");
  await keyboard.press("Enter");
  assert.equal(await focused(page), "Číslo objednávky");
  await chat.close_();
});

test("the menu opens, closes by Esc alone, and gives focus back", async () => {
  const chat = await shop();
  const { page } = chat;
  await chat.launcher.click();
  await chat.said("Napište prosím").waitFor();
  await chat.menu.focus();
  await page.keyboard.press("Enter");
  assert.equal(await focused(page), "Začít znovu");
  await page.keyboard.press("Escape");
  assert.equal(await focused(page), "Další možnosti");
  assert.equal(await chat.panel.isVisible(), true);
  await chat.close_();
});

test("beside the panel the shop's page stays in reach", async () => {
  const chat = await shop();
  const { page } = chat;
  await chat.launcher.click();
  await chat.said("Napište prosím").waitFor();
  assert.equal(await chat.panel.getAttribute("aria-modal"), null);
  await page.locator("#buy").click();
  assert.equal(await focused(page), "Koupit");
  await chat.close_();
});

test("over a telephone's page the panel is a sheet, and the page behind it at rest until it closes", async () => {
  const chat = await shop({ viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true });
  const { page } = chat;
  await chat.launcher.tap();
  await chat.said("Napište prosím").waitFor();
  assert.deepEqual(await chat.panel.evaluate((panel) => [panel.getAttribute("aria-modal"), panel.getBoundingClientRect().width, panel.getBoundingClientRect().height]), ["true", 360, 640]);
  assert.equal(await page.locator("main").evaluate((main) => main.inert), true);
  assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).overflow), "hidden");
  // No keyboard comes up by itself: focus is on the panel, not in the field.
  assert.equal(await chat.panel.evaluate((panel) => panel.getRootNode().activeElement === panel), true);
  assert.equal(await chat.field.evaluate((field) => parseFloat(getComputedStyle(field).fontSize) >= 16), true);
  await chat.close.tap();
  assert.equal(await page.locator("main").evaluate((main) => main.inert), false);
  assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).overflow), "visible");
  await chat.close_();
});

test("Enter sends, Shift+Enter does not, and neither does the Enter of an input method", async () => {
  const page = await set.page({ locale: "en-GB" });
  await page.goto(`${set.mock.base}/chat/every-kind`);
  const chat = parts(page);
  await chat.said("Please answer: text").waitFor();
  await chat.field.click();
  await page.keyboard.type("one");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("two");
  await chat.field.evaluate((field) => field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", isComposing: true, bubbles: true, cancelable: true })));
  assert.equal(await chat.field.inputValue(), "one\ntwo");
  assert.equal(await chat.you.count(), 0);
  await page.keyboard.press("Enter");
  await chat.you.filter({ hasText: "one" }).waitFor();
  assert.equal(await chat.you.textContent(), "one\ntwo");
});
