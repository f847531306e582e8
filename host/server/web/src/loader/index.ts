// The script of a shop's page. It shows a button; before a customer presses the button, it requests and
// stores nothing.
//
//   <script src="https://HOST/widget.js" data-scenario="order-status" data-lang="cs" async></script>
//
// `window.krabice("open")` may be called before the script is loaded, if the page starts with a queue; see
// the README.

import type { Mount, Panel } from "../panel/index.ts";
import css from "./launcher.css";

type Call = [name: string, ...values: unknown[]];
type Chat = ((...call: Call) => unknown) & { q?: Call[] } & Record<string, unknown>;

/** The button's label, by language. */
const WORDS: Record<string, string> = {
  cs: "Otevřít chat",
  en: "Open the chat",
  pl: "Otwórz czat",
  pt: "Abrir o chat",
  sk: "Otvoriť chat",
};

const svgElement = (tag: string, attributes: Record<string, string>) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const name in attributes) element.setAttribute(name, attributes[name]!);
  return element;
};

const METHODS = ["open", "close", "toggle", "send", "setLanguage", "token", "on", "destroy"] as const;
const script = (document.currentScript ?? document.querySelector('script[src*="/widget.js"]')) as HTMLScriptElement | null;
const base = new URL(".", script?.src ?? location.href).href;

class KrabiceChat extends HTMLElement {
  #panel: Panel | undefined;
  #loading: Promise<Panel> | undefined;
  #button!: HTMLButtonElement;
  #badge = document.createElement("span");
  #language: string | null = null;
  #give: (() => Promise<string>) | undefined;

  connectedCallback(): void {
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet];
    const button = this.#button = document.createElement("button");
    button.className = "launcher";
    button.addEventListener("click", () => this.toggle());
    if (this.#popup) {
      const svg = svgElement("svg", { "viewBox": "0 0 24 24", "aria-hidden": "true" });
      svg.append(svgElement("path", { d: "M5 4h14a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-7l-5 4v-4H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2zM8 9h8M8 12.500h5" }));
      this.#badge.className = "badge";
      button.append(svg, this.#badge);
    }
    root.append(button);
    this.#name();
    // If the chat was open on the shop's previous page, it opens on this one, too.
    if (this.hasAttribute("open") || this.#popup && this.#open) void this.#show(false);
  }

  disconnectedCallback(): void {
    this.#panel?.destroy();
    this.#button.remove();
    this.#panel = this.#loading = undefined;
  }

  open(): Promise<Panel> {
    return this.#show(true);
  }

  close(): void {
    this.#panel?.close();
  }

  toggle(): void {
    if (this.#panel?.isOpen) this.close();
    else void this.open();
  }

  send(text: string): void {
    void this.open().then((panel) => panel.send(String(text)));
  }

  setLanguage(tag: string): void {
    this.#language = tag;
    this.#name();
    this.#panel?.setLanguage(tag);
  }

  /** Sets the function that gives a token with signed inputs, from the shop's own server. It is asked when a chat starts. */
  token(give: () => Promise<string>): void {
    this.#give = give;
  }

  /** Adds a listener for `open`, `close`, `start`, `message` or `end`. Returns a function that removes it. */
  on(name: string, listen: (detail: unknown) => void): () => void {
    const heard = (event: Event) => listen((event as CustomEvent).detail);
    this.addEventListener(`krabice:${name}`, heard);
    return () => this.removeEventListener(`krabice:${name}`, heard);
  }

  destroy = this.remove;

  get #popup(): boolean {
    return this.hasAttribute("mode");
  }

  get #tag(): string {
    return this.#language || this.getAttribute("lang") || document.documentElement.lang || navigator.language;
  }

  get #openKey(): string {
    return `krabice:open:${this.getAttribute("scenario")}`;
  }

  get #open(): boolean {
    try {
      return sessionStorage.getItem(this.#openKey) !== null;
    } catch {
      return false;
    }
  }

  #name(): void {
    const words = WORDS[this.#tag.slice(0, 2)] ?? WORDS["en"]!;
    if (this.#popup) this.#button.setAttribute("aria-label", words);
    else this.#button.replaceChildren(words);
  }

  async #show(focus: boolean): Promise<Panel> {
    const panel = this.#panel ?? await (this.#loading ??= this.#load());
    panel.open(focus);
    return panel;
  }

  async #load(): Promise<Panel> {
    const button = this.#button;
    let module: { mount(mount: Mount): Promise<Panel> } | undefined;
    button.setAttribute("aria-busy", "true");
    for (let failures = 0; !module; failures++) {
      // A browser may cache a failed import, so each attempt has another address.
      module = await import(`${base}assets/${this.getAttribute("mode") === "iframe" ? FRAME : PANEL}${failures ? `?${failures}` : ""}`).catch(() => undefined);
      if (!module) await new Promise((resolve) => setTimeout(resolve, Math.min(500 * 2 ** failures, 30_000)));
    }
    try {
      return this.#panel = await module.mount({
        host: this,
        root: this.shadowRoot!,
        button,
        base,
        popup: this.#popup,
        openKey: this.#openKey,
        language: () => this.#tag,
        token: () => this.#give,
        badge: this.#badge,
      });
    } finally {
      // After an error, the next press tries again.
      this.#loading = undefined;
      button.removeAttribute("aria-busy");
    }
  }
}

if (!customElements.get("krabice-chat")) customElements.define("krabice-chat", KrabiceChat);

const { scenario, ...data } = script?.dataset ?? {};
if (scenario) {
  const chat = document.createElement("krabice-chat") as KrabiceChat;
  for (const [name, value] of Object.entries({ mode: "popup", ...data, scenario })) chat.setAttribute(name, value as string);
  const page = window as unknown as { krabice?: Chat };
  const queue = page.krabice?.q ?? [];
  const api = ((name: string, ...values: unknown[]) => (api[name] as (...values: unknown[]) => unknown)(...values)) as Chat;
  for (const name of METHODS) api[name] = (chat[name] as (...values: never[]) => unknown).bind(chat);
  page.krabice = api;
  const ready = () => {
    document.body.append(chat);
    for (const call of queue) api(...call);
  };
  if (document.body) ready();
  else addEventListener("DOMContentLoaded", ready);
}
