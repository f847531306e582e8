// A browser for the tests, and what they all need of it.

import { existsSync } from "node:fs";
import { after, before } from "node:test";
import { createServer } from "node:http";
import { chromium } from "playwright-core";
import { Mock } from "./mock.mjs";

const PLACES = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Starts a browser and, unless `mocked` is false, a mock server for the tests of a file. `page(settings)` opens a page whose errors and policy reports are failures. */
export function stage({ mocked = true } = {}) {
  const set = { browser: undefined, mock: undefined, faults: [] };
  const contexts = [];
  before(async () => {
    const executablePath = PLACES.find((place) => place && existsSync(place));
    if (!executablePath) throw new Error("no Chromium: install Debian's package `chromium`, or set CHROMIUM to its path");
    set.browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--force-color-profile=srgb"] });
    if (mocked) set.mock = await Mock.start();
  });
  after(async () => {
    await set.browser?.close();
    await set.mock?.stop();
  });
  /** A context of its own; `watch` false where faults are meant to happen. */
  set.context = async (settings = {}) => {
    const context = await set.browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "cs-CZ", reducedMotion: "reduce", ...settings });
    context.setDefaultTimeout(15_000);
    contexts.push(context);
    context.on("page", (page) => set.watch(page));
    return context;
  };
  set.watch = (page) => {
    page.on("pageerror", (error) => set.faults.push(String(error)));
    page.on("dialog", (dialog) => { set.faults.push(`dialog: ${dialog.message()}`); void dialog.dismiss(); });
    page.on("console", (message) => {
      if (/Content Security Policy|Trusted ?Type/i.test(message.text())) set.faults.push(message.text());
    });
  };
  set.page = async (settings) => (await set.context(settings)).newPage();
  /** Closes what a test opened, and gives what went wrong meanwhile. */
  set.tidy = async () => {
    for (const context of contexts.splice(0)) await context.close();
    if (set.mock) Object.assign(set.mock, { on: {}, after: {}, origins: [] });
    return set.faults.splice(0);
  };
  return set;
}

/** A site of its own origin, with the pages and headers given. */
export async function site(pages, headers = {}) {
  const server = createServer((request, response) => {
    const body = pages[new URL(request.url, "http://site").pathname];
    const type = request.url.endsWith(".css") ? "text/css" : "text/html; charset=utf-8";
    response.writeHead(body === undefined ? 404 : 200, { "Content-Type": type, ...headers }).end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A test that fails does not close it, and must not keep the run from its end.
  server.unref();
  const origin = `http://127.0.0.1:${server.address().port}`;
  return { origin, close: () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }) };
}

/** The parts of a chat, as locators. Playwright looks through open shadow roots. */
export function parts(page) {
  const chat = page.locator("krabice-chat");
  return {
    chat,
    launcher: chat.locator(".launcher"),
    panel: chat.locator("#panel"),
    log: chat.getByRole("log"),
    field: chat.locator(".composer :is(input, textarea):not([hidden])"),
    send: chat.locator(".send"),
    bubbles: chat.locator(".bubble"),
    you: chat.locator(".you .bubble"),
    menu: chat.locator(".head .icon").first(),
    close: chat.locator(".head .icon").last(),
    again: chat.locator(".over:not(.asked) button"),
    question: chat.getByRole("alertdialog"),
    banner: chat.locator(".banner"),
    status: chat.getByRole("status"),
    said: (text) => chat.locator(".item", { hasText: text }).last(),
    button: (name) => chat.getByRole("button", { name, exact: true }).last(),
    /** Types an answer and sends it. */
    async answer(text) {
      await this.field.fill(text);
      await this.field.press("Enter");
    },
    /** Everything said so far, without the hidden names of the speakers. */
    texts: () => chat.locator(".log .item:not(.typing) .bubble").allTextContents(),
  };
}
