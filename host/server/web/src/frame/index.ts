// Loaded in place of the panel with `data-mode="iframe"`: an iframe with the server's own page of the
// scenario. The token and the whole conversation stay in the iframe, where the shop's scripts cannot
// reach them.

import type { Mount, Panel } from "../panel/index.ts";
import { el, styleSheet } from "../panel/dom.ts";
import { FullScreen } from "../panel/full-screen.ts";
import { rememberOpen } from "../panel/open-state.ts";
import popupCss from "../panel/popup.css";
import css from "./frame.css";
import type { Order } from "./words.ts";
import { asReport, COLOURS } from "./words.ts";

/** The time that the page has after it was loaded to report that it is ready. */
const READY_TIMEOUT_MS = 1_000;
/** The time after which the iframe is loaded again, because its page has not reported that it is ready. */
const LOAD_TIMEOUT_MS = 20_000;

export function mount(given: Mount): Panel {
  return new FramePanel(given);
}

class FramePanel implements Panel {
  #frame = el("iframe", { allow: "clipboard-write" });
  #panel = el("div", { class: "panel popup", id: "panel", role: "dialog", hidden: true }, this.#frame);
  #fullScreen: FullScreen;
  #ready = false;
  #shown = false;
  #focus = false;
  #unread = 0;
  #late = 0;
  #done = new AbortController();

  constructor(readonly given: Mount) {
    const { root, button } = given;
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, styleSheet(css + popupCss)];
    root.append(this.#panel);
    button.setAttribute("aria-controls", "panel");
    this.#title("Chat");
    this.#fullScreen = new FullScreen(given.host, this.#panel, () => this.close());
    addEventListener("message", (event: MessageEvent<unknown>) => {
      // Any page can send messages to a window, so only those of this iframe's own page count.
      if (event.source === this.#frame.contentWindow && event.origin === this.#origin) this.#heard(event.data);
    }, { signal: this.#done.signal });
    this.#frame.onload = () => setTimeout(() => {
      if (!this.#ready) console.error(`Krabice: the scenario "${given.host.getAttribute("scenario")}" is not open to ${location.origin}: check data-scenario, and [origins] of the server`);
    }, READY_TIMEOUT_MS);
    this.#load();
  }

  get isOpen(): boolean {
    return this.#shown;
  }

  open(focus: boolean): void {
    this.#shown = true;
    this.#panel.hidden = false;
    this.#count(0);
    this.given.button.setAttribute("aria-expanded", "true");
    rememberOpen(this.given.openKey, true);
    this.#fullScreen.open();
    this.#focus = focus;
    if (this.#ready) this.#show();
  }

  close(): void {
    if (!this.#shown) return;
    const { button, root } = this.given;
    const inside = root.activeElement === this.#frame;
    this.#shown = false;
    this.#panel.hidden = true;
    this.#fullScreen.close();
    button.setAttribute("aria-expanded", "false");
    rememberOpen(this.given.openKey, false);
    if (inside) button.focus();
    this.#say({ krabice: 1, do: "hide" });
    this.#emit("close");
  }

  /** Does nothing: in an iframe only the customer can answer. */
  send(): void {}

  setLanguage(language: string): void {
    this.#say({ krabice: 1, do: "speak", language });
  }

  destroy(): void {
    clearTimeout(this.#late);
    this.#done.abort();
    this.#fullScreen.close();
    this.#panel.remove();
  }

  get #origin(): string {
    return new URL(this.given.base).origin;
  }

  #load(): void {
    const { base, host } = this.given;
    this.#frame.src = `${base}chat/${encodeURIComponent(host.getAttribute("scenario") ?? "")}?embed=${encodeURIComponent(location.origin)}`;
    this.#late = setTimeout(() => this.#load(), LOAD_TIMEOUT_MS) as unknown as number;
  }

  #show(): void {
    const { host, language } = this.given;
    const given = (name: string) => host.getAttribute(name) ?? "";
    const style = getComputedStyle(host);
    const colours = Object.fromEntries(COLOURS.map((name) => [name, style.getPropertyValue(name).trim()]));
    if (this.#focus) this.#frame.focus();
    this.#say({ krabice: 1, do: "show", focus: this.#focus, language: language(), inputs: given("inputs") || "{}", theme: given("theme"), privacy: given("privacy"), colours, signed: this.given.token() !== undefined });
  }

  #say(order: Order): void {
    if (this.#ready) this.#frame.contentWindow?.postMessage(order, this.#origin);
  }

  #heard(data: unknown): void {
    const report = asReport(data);
    if (!report) return;
    const { say, text } = report;
    if (say === "ready") {
      clearTimeout(this.#late);
      this.#ready = true;
      if (this.#shown) this.#show();
    } else if (say === "token") {
      // Without a token the chat starts all the same, if its scenario requires none.
      void (async () => this.given.token()?.())().catch(() => "").then((token) => this.#say({ krabice: 1, do: "token", token: token || "" }));
    } else if (say === "close") {
      this.close();
    } else if (say === "open") {
      this.#emit("open");
    } else {
      if (say === "start") this.#title(text);
      if (say === "message" && text !== "said" && !this.#shown) this.#count(this.#unread + 1);
      this.#emit(say, { [{ start: "title", message: "kind", end: "reason" }[say]]: text });
    }
  }

  #title(title: string): void {
    this.#frame.title = title;
    this.#panel.setAttribute("aria-label", title);
  }

  #count(unread: number): void {
    this.#unread = unread;
    this.given.badge.textContent = unread > 9 ? "9+" : unread ? String(unread) : "";
    this.given.button.setAttribute("aria-description", String(unread || ""));
  }

  #emit(name: string, detail: unknown = {}): void {
    this.given.host.dispatchEvent(new CustomEvent(`krabice:${name}`, { detail, bubbles: true, composed: true }));
  }
}
