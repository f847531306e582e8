// The panel: the window of the chat around its transcript, field and status. The loader loads this file when
// the chat is opened for the first time.

import type { ChatEvent, Opened, Waits } from "./api.ts";
import { Api, choicesOf, isAgain, textOf } from "./api.ts";
import { Composer } from "./composer.ts";
import type { Trouble, View } from "./conversation.ts";
import { Conversation } from "./conversation.ts";
import { el, icon, ICONS, styleSheet } from "./dom.ts";
import { save, transcriptText } from "./downloads.ts";
import { FullScreen } from "./full-screen.ts";
import { Language } from "./language.ts";
import { rememberOpen } from "./open-state.ts";
import css from "./panel.css";
import popupCss from "./popup.css";
import type { Unsent } from "./session-store.ts";
import { SessionStore } from "./session-store.ts";
import { Status } from "./status.ts";
import type { FileEvent } from "./transcript.ts";
import { Transcript } from "./transcript.ts";

/** What the loader passes to the panel. */
export interface Mount {
  host: HTMLElement;
  root: ShadowRoot;
  button: HTMLButtonElement;
  base: string;
  /** Whether the panel opens over the page. Otherwise it is part of the page. */
  popup: boolean;
  /** The name in the session storage under which it is kept that the panel is open. */
  openKey: string;
  language(): string;
  /** The function that gives a token with signed inputs, if the shop's page set one. */
  token(): (() => Promise<string>) | undefined;
  /** Shows the number of unread messages. */
  badge: HTMLElement;
}

export interface Panel {
  readonly isOpen: boolean;
  open(focus: boolean): void;
  close(): void;
  send(text: string): void;
  setLanguage(tag: string): void;
  destroy(): void;
}

export async function mount(given: Mount): Promise<Panel> {
  return new ChatPanel(given, await Language.of(given.language()));
}

class ChatPanel implements Panel, View {
  /** The language that the page has chosen, in place of the session's. */
  #chosen: string | undefined;
  #title = "";
  #conversation: Conversation;
  #transcript: Transcript;
  #composer: Composer;
  #status: Status;
  #fullScreen: FullScreen;
  #api: Api;
  /** Whether the conversation was opened. */
  #started = false;
  #shown = false;
  #unread = 0;
  #waits: Waits = { for: "call" };
  /** The page's answers that wait for the session to ask. */
  #queue: string[] = [];
  /** The last event that the customer did not cause. */
  #last: ChatEvent | undefined;
  /** Whether a press of the customer is being handled. */
  #pressed = false;

  #heading: HTMLElement;
  #menuButton = this.#iconButton("more", () => this.#toggleMenu());
  #closeButton = this.#iconButton("close", () => this.close());
  #again = el("button", { type: "button", onclick: () => this.#restart() });
  #copy = el("button", { type: "button", onclick: () => this.#copyAll() });
  #end = el("button", { type: "button", onclick: () => { this.#toggleMenu(false); void this.#conversation.end(); } });
  #mine = el("button", { type: "button", onclick: () => void this.#export() });
  #erase = el("button", { type: "button", onclick: () => this.#ask(true) });
  #menu = el("div", { class: "menu", id: "menu", hidden: true }, this.#again, this.#copy, this.#mine, this.#end, this.#erase);
  #question = el("p", { id: "question" });
  #keep = el("button", { class: "main", type: "button", onclick: () => this.#ask(false) });
  #sure = el("button", { class: "sure", type: "button", onclick: () => void this.#eraseAll() });
  #asked = el("div", { class: "asked over", role: "alertdialog", "aria-labelledby": "question", hidden: true }, this.#question, this.#keep, this.#sure);
  #overText = el("p");
  #overButton = el("button", { class: "main", type: "button", onclick: () => this.#restart() });
  #over = el("div", { class: "over", hidden: true }, this.#overText, this.#overButton);
  #panel: HTMLElement;
  /** Whether the customer can close the panel. In an iframe, the page around it hides the iframe. */
  #closes: boolean;

  constructor(readonly given: Mount, private language: Language) {
    const { host, root, base, popup } = given;
    const scenario = host.getAttribute("scenario") ?? "";
    this.#transcript = new Transcript(this.language, {
      press: (offer) => {
        this.#pressed = true;
        if (this.#conversation.send({ press: offer.id }, offer.label)) this.#focus();
        this.#pressed = false;
      },
      retry: () => { this.#focus(); this.#conversation.retry(); },
      download: (event, button) => void this.#download(event, button),
    });
    this.#status = new Status(this.language, () => this.#restart(), (shown, words) => this.#transcript.typing(shown, words));
    this.#composer = new Composer(this.language, (text) => this.#conversation.send({ text }, text));
    this.#api = new Api(base);
    const store = new SessionStore(base, scenario, (key) => void this.#conversation.follow(key));
    this.#conversation = new Conversation(this.#api, store, this, {
      scenario, inputs: inputs(host), language: () => this.#chosen ?? given.language(), token: async () => await given.token()?.() || undefined,
    });
    // On the server's own page, the chat's title is the page's heading.
    this.#heading = el(host.hasAttribute("page") ? "h1" : "h2", { id: "title", dir: "auto" });
    this.#menuButton.setAttribute("aria-controls", "menu");
    this.#menuButton.setAttribute("aria-expanded", "false");
    this.#closes = popup || host.hasAttribute("framed");
    this.#closeButton.hidden = !this.#closes;
    this.#panel = el("section", { class: popup ? "panel popup" : "panel", id: "panel", role: popup ? "dialog" : "region", "aria-labelledby": "title", tabindex: -1, hidden: true },
      el("div", { class: "head" }, el("div", { class: "logo" }, icon(ICONS.box)), this.#heading, this.#menuButton, this.#closeButton, this.#menu),
      el("div", { class: "middle" }, this.#transcript.log, this.#transcript.newest),
      this.#status.banner, this.#asked, this.#composer.form, this.#over, this.#status.region);
    this.#panel.addEventListener("keydown", (event) => this.#key(event));
    this.#panel.addEventListener("click", ({ target }) => {
      if (!this.#menu.hidden && !this.#menu.contains(target as Node) && !this.#menuButton.contains(target as Node)) this.#toggleMenu(false);
    });
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, styleSheet(css + popupCss)];
    root.append(this.#panel);
    given.button.setAttribute("aria-controls", "panel");
    this.#fullScreen = new FullScreen(host, this.#panel, () => this.close());
    this.#words();
  }

  get isOpen(): boolean {
    return this.#shown;
  }

  open(focus: boolean): void {
    if (!this.#started) {
      this.#started = true;
      void this.#conversation.open();
    }
    if (!this.#shown) {
      this.#shown = true;
      this.#panel.hidden = false;
      this.#count(0);
      if (this.given.popup) this.given.button.setAttribute("aria-expanded", "true");
      else this.given.button.hidden = true;
      rememberOpen(this.given.openKey, true);
      if (this.given.popup) this.#fullScreen.open();
      this.#transcript.toEnd();
      this.#emit("open");
    }
    if (focus) this.#focus(true);
  }

  close(): void {
    if (!this.#shown || !this.#closes) return;
    const inside = this.#panel.contains(this.given.root.activeElement);
    this.#shown = false;
    this.#panel.hidden = true;
    if (this.given.popup) {
      this.#fullScreen.close();
      this.given.button.setAttribute("aria-expanded", "false");
      rememberOpen(this.given.openKey, false);
      if (inside) this.given.button.focus();
    }
    this.#emit("close");
  }

  send(text: string): void {
    if (!this.#conversation.send({ text }, text)) this.#queue.push(text);
  }

  setLanguage(tag: string): void {
    this.#chosen = tag;
    void this.#speak(tag);
  }

  destroy(): void {
    this.#status.stop();
    this.#conversation.close();
    this.#fullScreen.close();
    this.#panel.remove();
  }

  // Called by the conversation.

  clear(): void {
    this.#asked.hidden = true;
    this.#transcript.clear();
    this.#last = undefined;
    this.#waits = { for: "call" };
    this.#note();
    this.#foot();
  }

  opened(opened: Opened): void {
    this.#title = opened.title;
    this.#transcript.log.lang = opened.language;
    this.#words();
    void this.#speak(this.#chosen ?? opened.language);
    this.#emit("start", { title: opened.title, language: opened.language });
  }

  add(event: ChatEvent, live: boolean): void {
    if (event.kind !== "said") this.#last = event;
    this.#transcript.aloud = live;
    this.#transcript.add(event);
    if (!live) return;
    if (!this.#shown && event.kind !== "said") this.#count(this.#unread + 1);
    this.#emit("message", { n: event.n, kind: event.kind, text: event.kind === "file" ? event.name : textOf(event) ?? "" });
  }

  sending(unsent: Unsent): void {
    this.#transcript.aloud = true;
    this.#transcript.settle(true, undefined);
    this.#transcript.sending(unsent);
    this.#composer.busy = true;
    this.#transcript.hold(true);
  }

  failed(unsent: Unsent, final: boolean): void {
    this.#transcript.failed(unsent, final);
    this.#status.say(final ? this.language.texts.refused : this.language.texts.failed);
    this.#composer.busy = !final;
    if (final) this.#transcript.hold(false);
  }

  arrived(unsent: Unsent, event: ChatEvent | undefined): void {
    this.#transcript.arrived(unsent, event);
    this.#transcript.settle(false, unsent.shown);
    if (event) this.#emit("message", { n: event.n, kind: event.kind, text: textOf(event) });
  }

  waits(waits: Waits): void {
    const before = this.#waits;
    this.#waits = waits;
    const ready = waits.for === "answer" || waits.for === "button";
    this.#transcript.settle(ready && choicesOf(this.#last).length > 0, undefined);
    const held = !ready || this.#conversation.sending;
    this.#composer.busy = held;
    this.#transcript.hold(held);
    this.#composer.waits(waits, this.#transcript.question, ready && isAgain(this.#last));
    this.#foot();
    if (waits.for === "nothing" && before.for !== "nothing") this.#emit("end", { reason: waits.reason });
    const next = ready ? this.#queue.shift() : undefined;
    if (next !== undefined) this.send(next);
  }

  working(working: boolean): void {
    this.#status.working = working;
  }

  connected(connected: boolean): void {
    this.#status.connected = connected;
  }

  trouble(trouble: Trouble | undefined): void {
    this.#status.trouble = trouble;
    this.#status.update();
    this.#foot();
  }

  // The parts around the transcript.

  /** Shows the field, or in its place what the customer can do when the session is over. */
  #foot(): void {
    const { texts } = this.language;
    const over = this.#waits.for === "nothing";
    const troubles: Partial<Record<Trouble, string>> = { "no-scenario": texts.missing, "no-room": texts.full, "gone": texts.gone, "erased": texts.erased };
    const { trouble } = this.#status;
    const failed = trouble && (troubles[trouble] ?? (this.#status.working ? "" : texts.unavailable));
    const ended = { end: texts.ended, handover: texts.handed, fault: texts.fault }[this.#waits.for === "nothing" ? this.#waits.reason : "end"];
    const focused = this.#composer.form.contains(this.given.root.activeElement);
    this.#over.hidden = !this.#asked.hidden || !over && !failed;
    this.#composer.form.hidden = !this.#asked.hidden || !this.#over.hidden;
    this.#overText.textContent = failed || ended;
    this.#overButton.hidden = trouble === "no-scenario";
    this.#end.hidden = over || failed !== undefined && failed !== "";
    this.#mine.hidden = this.#erase.hidden = !this.#conversation.key;
    if (failed) this.#status.say(failed);
    // The hidden field cannot keep the focus.
    if (focused && this.#composer.form.hidden) (this.#overButton.hidden ? this.#panel : this.#overButton).focus();
  }

  async #speak(tag: string): Promise<void> {
    const language = await Language.of(tag, this.given.language());
    if (language.tag === this.language.tag) return;
    const same = language.base === this.language.base;
    this.language = this.#transcript.language = this.#composer.language = this.#status.language = language;
    this.#words();
    const { events } = this.#conversation;
    if (same || events.length === 0) return;
    this.#transcript.aloud = false;
    this.#transcript.clear();
    this.#note();
    for (const event of events) this.#transcript.add(event);
    this.waits(this.#waits);
  }

  /** Sets all texts that are not part of the transcript. */
  #words(): void {
    const { texts, tag } = this.language;
    this.#panel.lang = tag;
    this.#heading.textContent = this.#title || texts.title;
    for (const [button, words] of [[this.#menuButton, texts.menu], [this.#closeButton, texts.close]] as const) {
      button.setAttribute("aria-label", words);
      button.title = words;
    }
    this.#again.textContent = this.#overButton.textContent = texts.again;
    this.#copy.textContent = texts.copy;
    this.#end.textContent = texts.end;
    this.#mine.textContent = texts.mine;
    this.#erase.textContent = this.#sure.textContent = texts.erase;
    this.#keep.textContent = texts.keep;
    this.#question.textContent = texts.sure;
    this.#transcript.log.setAttribute("aria-label", texts.log);
    this.#composer.label();
    this.#note();
    this.#status.update();
    this.#foot();
  }

  /** Adds the first line of the transcript: that the assistant is a machine, and a link about privacy. */
  #note(): void {
    const { texts } = this.language;
    this.#transcript.log.querySelector(".note")?.remove();
    const privacy = this.given.host.getAttribute("privacy") ?? "";
    const link = /^https?:\/\//.test(privacy) ? [" ", el("a", { href: privacy, target: "_blank", rel: "noopener" }, texts.privacy)] : [];
    this.#transcript.note(el("span", { lang: this.language.tag }, texts.robot, ...link));
  }

  #iconButton(name: keyof typeof ICONS, onclick: () => void): HTMLButtonElement {
    return el("button", { class: "icon", type: "button", onclick }, icon(ICONS[name]));
  }

  #toggleMenu(open = this.#menu.hidden !== false): void {
    if (this.#menu.hidden === !open) return;
    const inside = this.#menu.contains(this.given.root.activeElement);
    this.#menu.hidden = !open;
    this.#menuButton.setAttribute("aria-expanded", String(open));
    if (open) this.#again.focus();
    else if (inside) this.#menuButton.focus();
  }

  #key(event: KeyboardEvent): void {
    if (event.key !== "Escape" || event.isComposing) return;
    if (!this.#menu.hidden) this.#toggleMenu(false);
    else if (!this.#asked.hidden) this.#ask(false);
    else if (this.#closes) this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #restart(): void {
    this.#toggleMenu(false);
    this.#focus(true);
    this.trouble(undefined);
    void this.#conversation.restart();
  }

  /** Moves the focus to where the customer continues. On a touch screen only the customer's own touch opens the keyboard. */
  #focus(opening = false): void {
    const touch = matchMedia("(pointer: coarse)").matches;
    if (this.#composer.form.hidden && !this.#over.hidden) return this.#overButton.focus();
    if (!touch) this.#composer.field.focus();
    else if (this.#pressed || opening) (opening ? this.#panel : this.#transcript.log).focus();
  }

  /** Shows how many messages have arrived while the panel was closed. */
  #count(unread: number): void {
    this.#unread = unread;
    this.given.badge.textContent = unread > 9 ? "9+" : unread ? String(unread) : "";
    this.given.button.setAttribute("aria-description", unread ? this.language.count(this.language.texts.newest, unread) : "");
  }

  #emit(name: string, detail: unknown = {}): void {
    this.given.host.dispatchEvent(new CustomEvent(`krabice:${name}`, { detail, bubbles: true, composed: true }));
  }

  async #copyAll(): Promise<void> {
    const { texts } = this.language;
    this.#toggleMenu(false);
    const copied = await navigator.clipboard?.writeText(transcriptText(this.#conversation.events, this.language)).then(() => true, () => false);
    this.#status.notice(copied ? texts.copied : texts.notCopied);
  }

  /** Saves the customer's data as a file. */
  async #export(): Promise<void> {
    const { key } = this.#conversation;
    this.#toggleMenu(false);
    if (!key) return;
    this.#status.say(this.language.texts.downloading);
    try {
      const data = JSON.stringify(await this.#api.export(key), undefined, 2);
      save(new Blob([data]), `chat-${this.given.host.getAttribute("scenario")}.json`);
    } catch {
      this.#status.notice(this.language.texts.notDownloaded);
    }
  }

  /** Shows or hides the question whether to erase the conversation, in place of the field. */
  #ask(asked: boolean): void {
    this.#toggleMenu(false);
    this.#asked.hidden = !asked;
    this.#foot();
    if (asked) this.#keep.focus();
    else this.#focus();
  }

  async #eraseAll(): Promise<void> {
    const erased = await this.#conversation.erase();
    this.#ask(false);
    if (!erased) this.#status.notice(this.language.texts.notErased);
  }

  async #download(event: FileEvent, button: HTMLButtonElement): Promise<void> {
    const { key } = this.#conversation;
    if (!key || button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    this.#status.say(this.language.texts.downloading);
    try {
      save(await this.#api.file(key, event.n), event.name, event["media-type"]);
    } catch {
      this.#status.notice(this.language.texts.notDownloaded);
    }
    button.removeAttribute("aria-busy");
  }
}

/** The scenario's inputs from the attribute `inputs`; none if it is not a JSON object. */
function inputs(host: HTMLElement): Record<string, string> {
  try {
    const given: unknown = JSON.parse(host.getAttribute("inputs") ?? "{}");
    return typeof given === "object" && given !== null ? given as Record<string, string> : {};
  } catch {
    return {};
  }
}
