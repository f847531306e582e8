// Firefox and WebKit as Debian has them, for the tests that Chromium alone cannot answer. Both give a page
// with the same few methods: those that puppeteer has for Firefox, and the same over WebDriver for WebKit.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import puppeteer from "puppeteer-core";

/** The first file of some places that is there. */
function found(what, ...places) {
  const place = places.find((place) => place && existsSync(place));
  if (!place) throw new Error(`no ${what}: \`make other-browsers\` installs it`);
  return place;
}

/** Starts Firefox. `blocked` is as in its settings "Block all cookies", which forbids all storage. */
export async function firefox({ blocked = false } = {}) {
  const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath: found("Firefox", process.env.FIREFOX, "/usr/bin/firefox-esr", "/usr/bin/firefox"),
    extraPrefsFirefox: { "intl.accept_languages": "cs", ...(blocked && { "network.cookie.cookieBehavior": 2 }) },
  });
  const page = await browser.newPage();
  page.setDefaultTimeout(LONGEST_MS);
  return Object.assign(page, { name: "Firefox", end: () => browser.close() });
}

/** The longest that a page may take for anything. */
const LONGEST_MS = 15_000;
/** The name of an element in the protocol, and the keys that have no letter. */
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
const KEYS = { Enter: "\uE007", Escape: "\uE00C", Tab: "\uE004", Shift: "\uE008" };

/** Starts a program that is ended with this process. */
function start(program, args, options) {
  const child = spawn(program, args, options);
  process.once("exit", () => child.kill("SIGKILL"));
  return child;
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts WebKitGTK on a screen that nobody sees. */
export async function webkit() {
  const driver = found("WebKitWebDriver", process.env.WEBKIT_DRIVER, "/usr/bin/WebKitWebDriver");
  const binary = found("MiniBrowser", process.env.WEBKIT_BROWSER, ...["x86_64", "aarch64"].map((machine) => `/usr/lib/${machine}-linux-gnu/webkit2gtk-4.1/MiniBrowser`));
  const screen = start(found("Xvfb", "/usr/bin/Xvfb"), ["-displayfd", "3", "-screen", "0", "1280x900x24", "-nolisten", "tcp"], { stdio: ["ignore", "ignore", "ignore", "pipe"] });
  const display = await new Promise((resolve) => { screen.stdio[3].once("data", (number) => resolve(`:${String(number).trim()}`)); });
  const port = await freePort();
  const child = start(driver, [`--port=${port}`], { env: { ...process.env, DISPLAY: display, LC_ALL: "C.UTF-8" }, stdio: "ignore" });
  const ask = async (method, path, body) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, body: body && JSON.stringify(body) });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${value.error}: ${value.message}`);
    return value;
  };
  // The driver does not say when it is there.
  for (const until = Date.now() + LONGEST_MS; !await ask("GET", "/status").then(() => true, () => false);) {
    if (Date.now() > until) throw new Error("WebKitWebDriver does not answer");
    await delay(50);
  }
  const { sessionId } = await ask("POST", "/session", { capabilities: { alwaysMatch: { "webkitgtk:browserOptions": { binary, args: ["--automation"] } } } });
  const page = new WebKitPage((method, path, body) => ask(method, `/session/${sessionId}${path}`, body));
  page.end = async () => {
    await ask("DELETE", `/session/${sessionId}`);
    child.kill();
    screen.kill();
  };
  return page;
}

class WebKitPage {
  name = "WebKit";
  keyboard = { type: (text) => this.#press([...text]), press: (key) => this.#press([KEYS[key] ?? key]) };

  constructor(ask) {
    this.ask = ask;
  }

  async goto(url) {
    await this.ask("POST", "/url", { url });
  }

  async reload() {
    await this.ask("POST", "/refresh", {});
  }

  async evaluate(fn, ...args) {
    return this.ask("POST", "/execute/sync", { script: `return (${fn})(...arguments)`, args });
  }

  async waitForFunction(fn, _, ...args) {
    for (const until = Date.now() + LONGEST_MS; ; await delay(50)) {
      const value = await this.evaluate(fn, ...args);
      if (value) return value;
      if (Date.now() > until) throw new Error(`not true after ${LONGEST_MS} ms: ${fn}`);
    }
  }

  async screenshot({ path }) {
    await writeFile(path, Buffer.from(await this.ask("GET", "/screenshot"), "base64"));
  }

  async #press(keys) {
    const actions = keys.flatMap((value) => [{ type: "keyDown", value }, { type: "keyUp", value }]);
    await this.ask("POST", "/actions", { actions: [{ type: "key", id: "keyboard", actions }] });
  }

  /** Presses with the mouse in the middle of a rectangle of the page. */
  async press({ x, y }) {
    const pointer = (action) => ({ type: "pointer", id: "mouse", actions: action });
    await this.ask("POST", "/actions", { actions: [pointer([{ type: "pointerMove", duration: 0, x: Math.round(x), y: Math.round(y), origin: "viewport" }, { type: "pointerDown", button: 0 }, { type: "pointerUp", button: 0 }])] });
  }
}
