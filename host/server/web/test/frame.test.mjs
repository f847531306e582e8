// The chat in an iframe: the same to a customer, and out of reach of the shop's scripts.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { AxeBuilder } from "@axe-core/playwright";
import { parts, site, stage } from "./browser.mjs";

const set = stage();
afterEach(async () => assert.deepEqual(await set.tidy(), []));

const POLICY = (base) => `default-src 'none'; script-src ${base} 'unsafe-inline'; frame-src ${base}; base-uri 'none'; form-action 'none'`;

/** A shop whose page has the chat in an iframe, and what it heard of it. */
async function shop(settings = {}, attributes = "") {
  const shop_ = await site({
    "/": `<!doctype html><html lang="cs"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Obchod</title>
      <script>window.heard = []; window.posted = [];
        addEventListener("message", ({ data }) => posted.push(JSON.stringify(data)));
        for (const name of ["open", "close", "start", "message", "end"]) document.addEventListener("krabice:" + name, ({ detail }) => heard.push([name, detail]));</script>
      <main><h1>Obchod</h1><button id="buy">Koupit</button></main>
      <script src="${set.mock.base}/widget.js" data-scenario="order-status" data-mode="iframe" ${attributes} async></script>`,
    "/other": `<!doctype html><html lang="cs"><meta charset="utf-8"><title>Jiný</title>`,
  }, { "Content-Security-Policy": POLICY(set.mock.base) });
  set.mock.origins = [shop_.origin];
  const page = await set.page(settings);
  await page.goto(shop_.origin);
  const { launcher, chat } = parts(page);
  await launcher.waitFor();
  return { page, origin: shop_.origin, launcher, host: chat, frame: chat.locator("iframe"), close: shop_.close, ...inside(page) };
}

/** The parts of the chat in the frame. */
const inside = (page) => ({ in: parts(page.frameLocator("krabice-chat iframe")) });
const heard = (page) => page.evaluate(() => window.heard);
/** What has focus on the page: the launcher, the frame, or the page's own. */
const focused = (page) => page.evaluate(() => document.activeElement.shadowRoot?.activeElement.localName ?? document.activeElement.id);

test("a whole conversation in an iframe, of which the shop hears what happens and not a word", async () => {
  const chat = await shop();
  const { page } = chat;
  assert.equal(await chat.frame.count(), 0);
  await chat.launcher.click();
  await chat.in.said("Napište prosím číslo objednávky.").waitFor();
  assert.equal(await chat.launcher.getAttribute("aria-expanded"), "true");
  assert.equal(await chat.frame.getAttribute("title"), "Stav objednávky");
  assert.equal(await focused(page), "iframe");
  await page.keyboard.type("O260147");
  await page.keyboard.press("Enter");
  await chat.in.said("A e-mail").waitFor();
  await page.keyboard.type("petra.vlkova@example.cz");
  await page.keyboard.press("Enter");
  await chat.in.said("Mohu ještě").waitFor();
  const [download] = await Promise.all([page.waitForEvent("download"), chat.in.log.getByRole("button", { name: /faktura/ }).click()]);
  assert.equal(download.suggestedFilename(), "faktura-2026-0147.pdf");
  await chat.in.button("Ne, děkuji").click();
  await chat.in.again.waitFor();
  assert.deepEqual(await heard(page), [
    ["open", {}], ["start", { title: "Stav objednávky" }], ["message", { kind: "ask" }], ["message", { kind: "said" }], ["message", { kind: "ask" }], ["message", { kind: "said" }],
    ...["message", "message", "file", "buttons"].map((kind) => ["message", { kind }]), ["message", { kind: "said" }], ["message", { kind: "end" }], ["end", { reason: "end" }],
  ]);
  // What the frame holds, the shop's scripts do not reach: not by storage, not by the frame, not by what it is told.
  const [session] = [...set.mock.sessions.keys()].slice(-1);
  const seen = await page.evaluate(() => {
    const frame = document.querySelector("krabice-chat").shadowRoot.querySelector("iframe");
    let reached = "nothing";
    try { reached = frame.contentWindow.sessionStorage.length; } catch { /* as it must be */ }
    return { reached, inside: frame.contentDocument, kept: JSON.stringify({ ...sessionStorage, ...localStorage }), posted: window.posted.join() };
  });
  assert.deepEqual([seen.reached, seen.inside], ["nothing", null]);
  for (const secret of [session, "O260147", "petra.vlkova", "Odeslaná"]) assert.equal((seen.kept + seen.posted).includes(secret), false, secret);
  assert.equal(await page.evaluate(() => window.posted.length > 8), true);
  await chat.close();
});

test("Esc in the frame closes it, focus goes back, what comes meanwhile is counted", async () => {
  const chat = await shop();
  const { page } = chat;
  await chat.launcher.click();
  await chat.in.said("Napište prosím").waitFor();
  await chat.in.answer("O260147");
  await chat.in.said("A e-mail").waitFor();
  let go;
  set.mock.on.call = () => new Promise((resolve) => { go = resolve; });
  await chat.in.answer("petra.vlkova@example.cz");
  await chat.in.you.filter({ hasText: "petra" }).waitFor();
  await page.keyboard.press("Escape");
  await chat.frame.waitFor({ state: "hidden" });
  assert.equal(await focused(page), "button");
  assert.equal(await chat.launcher.getAttribute("aria-expanded"), "false");
  go();
  await chat.launcher.getByText("4").waitFor();
  await page.keyboard.press("Enter");
  await chat.in.said("Mohu ještě").waitFor();
  await chat.in.chat.evaluate((host) => host.shadowRoot.activeElement !== null || new Promise((resolve) => host.shadowRoot.addEventListener("focusin", resolve)));
  assert.equal(await chat.host.locator(".badge").textContent(), "");
  await chat.in.close.click();
  await chat.frame.waitFor({ state: "hidden" });
  // The shop's next page has it as it was left: closed.
  await page.reload();
  await chat.launcher.waitFor();
  assert.equal(await chat.frame.count(), 0);
  await chat.launcher.click();
  await chat.in.said("Mohu ještě").waitFor();
  await page.reload();
  await chat.in.said("Mohu ještě").waitFor();
  await chat.close();
});

test("the shop's language, theme, colours and privacy page reach into the frame", async () => {
  const chat = await shop({ colorScheme: "light" }, "data-lang=\"en\" data-theme=\"dark\" data-privacy=\"https://example.cz/privacy\" data-inputs='{\"campaign\":\"spring\"}'");
  await chat.page.addStyleTag({ content: "" }).catch(() => {});
  await chat.page.evaluate(() => {
    const style = document.querySelector("krabice-chat").style;
    style.setProperty("--krabice-accent", "rgb(1, 2, 3)");
    style.setProperty("--krabice-link", "url(https://evil.example/x)");
  });
  await chat.launcher.click();
  await chat.in.said("Please type your order number.").waitFor();
  assert.equal(await chat.in.panel.locator(".head").evaluate((head) => getComputedStyle(head).backgroundColor), "rgb(1, 2, 3)");
  assert.equal(await chat.in.panel.evaluate((panel) => getComputedStyle(panel).backgroundColor), "rgb(23, 26, 34)");
  assert.equal(await chat.in.chat.evaluate((host) => host.style.getPropertyValue("--krabice-link")), "");
  assert.equal(await chat.in.log.getByRole("link", { name: "Privacy" }).getAttribute("href"), "https://example.cz/privacy");
  await chat.page.evaluate(() => window.krabice.setLanguage("pl"));
  await chat.in.chat.getByRole("textbox", { name: "Numer zamówienia" }).waitFor();
  // Nobody answers for the customer.
  await chat.page.evaluate(() => { window.krabice.send("O260147"); window.krabice.close(); window.krabice.toggle(); });
  await chat.in.panel.waitFor();
  assert.deepEqual(await chat.in.texts(), ["Please type your order number."]);
  await chat.page.evaluate(() => window.krabice.destroy());
  assert.equal(await chat.frame.count(), 0);
  await chat.close();
});

test("what others post is not heard: another window, another form, another site", async () => {
  const chat = await shop();
  const { page } = chat;
  await chat.launcher.click();
  await chat.in.said("Napište prosím").waitFor();
  const before = await heard(page);
  // The page itself, and a frame of the chat's own site that is not the widget's.
  await page.evaluate(() => window.postMessage({ krabice: 1, say: "close", text: "" }, "*"));
  await page.evaluate((base) => new Promise((resolve) => {
    const other = document.createElement("iframe");
    addEventListener("message", ({ source }) => { if (source === other.contentWindow) resolve(); });
    other.src = `${base}/chat/order-status?embed=${encodeURIComponent(location.origin)}`;
    document.body.append(other);
  }), set.mock.base);
  const [widget, other] = page.frames().slice(1);
  await other.evaluate(() => parent.postMessage({ krabice: 1, say: "close", text: "" }, "*"));
  // The right window with words that are not of the form.
  for (const data of ["close", { say: "close" }, { krabice: 1, say: "close" }, { krabice: 1, say: "close", text: "", more: 1 }, { krabice: 1, say: "navigate", text: "https://evil.example" }]) {
    await widget.evaluate((data) => parent.postMessage(data, "*"), data);
  }
  // And the frame: orders that are none, and orders from a window that is not around it.
  for (const data of [{ krabice: 1, do: "send", text: "O260147" }, { krabice: 1, do: "hide", now: true }, "hide"]) {
    await page.evaluate((data) => document.querySelector("krabice-chat").shadowRoot.querySelector("iframe").contentWindow.postMessage(data, "*"), data);
  }
  await other.evaluate(() => parent.postMessage("last", "*"));
  await page.waitForFunction(() => window.posted.at(-1) === "\"last\"");
  assert.deepEqual(await heard(page), before);
  assert.equal(await chat.frame.isVisible(), true);
  assert.equal(await chat.in.panel.isVisible(), true);
  // The same words from the right window count.
  await widget.evaluate(() => parent.postMessage({ krabice: 1, say: "close", text: "" }, "*"));
  await chat.frame.waitFor({ state: "hidden" });
  await chat.close();
});

test("a page of another origin than the frame was made for cannot order it about", async () => {
  const [mine, theirs] = [await site({ "/": "<!doctype html><title>x</title>" }), await site({ "/": "<!doctype html><title>y</title>" })];
  set.mock.origins = [mine.origin, theirs.origin];
  const page = await set.page();
  await page.goto(theirs.origin);
  const order = { krabice: 1, do: "show", focus: false, language: "cs", inputs: "{}", theme: "", privacy: "", colours: {}, signed: false };
  const put = (embed) => page.evaluate(([base, embed]) => new Promise((resolve) => {
    const frame = document.createElement("iframe");
    frame.onload = () => resolve();
    frame.src = `${base}/chat/order-status?embed=${encodeURIComponent(embed)}`;
    document.body.replaceChildren(frame);
  }), [set.mock.base, embed]);
  const say = () => page.evaluate((order) => document.querySelector("iframe").contentWindow.postMessage(order, "*"), order);
  const begun = () => set.mock.requests.filter((request) => request === "POST /api/v1/sessions").length;
  const before = begun();
  for (const embed of [mine.origin, "null", "", "https://evil.example/path"]) {
    await put(embed);
    await say();
    // The frame has had its turn when it has answered a question of ours.
    await page.frames()[1].evaluate(() => new Promise((resolve) => { setTimeout(resolve); }));
    assert.equal(await page.frames()[1].locator("krabice-chat").count(), 0, embed);
  }
  assert.equal(begun(), before);
  await put(theirs.origin);
  await say();
  await page.frameLocator("iframe").locator("krabice-chat").getByText("Napište prosím").waitFor();
  await mine.close();
  await theirs.close();
});

test("a site that the scenario does not list gets no chat in the frame, and is told so", async () => {
  const chat = await shop();
  set.mock.origins = ["https://shop.example"];
  // The report can come before the click has returned.
  const reported = chat.page.waitForEvent("console", { predicate: (message) => message.text().includes(`"order-status" is not open to ${chat.origin}`) });
  await chat.launcher.click();
  await reported;
  await chat.page.frameLocator("krabice-chat iframe").getByText("Tento chat tu není nastaven.").waitFor();
  assert.equal(await chat.in.panel.count(), 0);
  await chat.close();
});

async function axe(page) {
  const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]).analyze();
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`), []);
}

test("axe finds nothing around the frame or in it, in light and in dark", async () => {
  for (const colorScheme of ["light", "dark"]) {
    const chat = await shop({ colorScheme });
    await chat.launcher.click();
    await chat.in.said("Napište prosím").waitFor();
    await axe(chat.page);
    await chat.close();
  }
});

test("on a telephone the frame is a sheet", async () => {
  const chat = await shop({ viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true });
  const { page } = chat;
  await chat.launcher.tap();
  await chat.in.said("Napište prosím").waitFor();
  assert.deepEqual(await chat.frame.evaluate((frame) => [frame.getBoundingClientRect().width, frame.getBoundingClientRect().height]), [360, 640]);
  assert.equal(await page.locator("main").evaluate((main) => main.inert), true);
  await axe(page);
  await chat.in.close.tap();
  await chat.frame.waitFor({ state: "hidden" });
  assert.equal(await page.locator("main").evaluate((main) => main.inert), false);
  await chat.close();
});
