// The transcript: all messages, oldest first, as a log whose additions a screen reader announces.

import type { ChatEvent, Choice } from "./api.ts";
import { choicesOf, isAgain, textOf } from "./api.ts";
import { address, el, icon, ICONS } from "./dom.ts";
import type { Language } from "./language.ts";
import type { Unsent } from "./session-store.ts";

/** The event of a file. */
export type FileEvent = Extract<ChatEvent, { kind: "file" }>;

export interface Actions {
  press(choice: Choice): void;
  retry(): void;
  download(event: FileEvent, button: HTMLButtonElement): void;
}

/** The distance from the end, in pixels, within which the transcript scrolls to new messages. */
const NEAR = 80;
/** The number of choices from which on they are in a list with its own scrolling. */
const MANY = 7;

export class Transcript {
  readonly log = el("div", { class: "log", role: "log", tabindex: 0, "aria-live": "polite", "aria-relevant": "additions" });
  readonly newest = el("button", { class: "newest", type: "button", hidden: true, onclick: () => this.toEnd() });
  #items = new Map<number, HTMLElement>();
  #bubbles = new Map<string, HTMLElement>();
  #typing = el("div", { class: "item bot typing", "aria-hidden": "true", hidden: true },
    el("div", { class: "bubble" }, el("i"), el("i"), el("i"), el("span", { class: "still" })));
  /** The buttons that the answer being sent belongs to. */
  #answered: HTMLElement | undefined;
  #unseen = 0;
  /** Whether the end is visible, so that new messages scroll into view. */
  #follows = true;

  constructor(public language: Language, readonly actions: Actions) {
    this.log.append(this.#typing);
    this.log.addEventListener("scroll", () => {
      this.#follows = this.#nearEnd;
      if (this.#follows) this.#see();
    }, { passive: true });
    // When the space for the log changes, the newest message stays visible.
    new ResizeObserver(() => { if (this.#follows) this.toEnd(); }).observe(this.log);
  }

  /** Whether screen readers announce additions. They do not while a transcript is restored. */
  set aloud(aloud: boolean) {
    this.log.setAttribute("aria-live", aloud ? "polite" : "off");
  }

  clear(): void {
    this.#items.clear();
    this.#bubbles.clear();
    this.log.replaceChildren(this.#typing);
    this.#see();
  }

  /** Adds a line that is not a message, such as that the assistant is a machine. */
  note(...content: (Node | string)[]): void {
    this.log.prepend(el("p", { class: "note" }, ...content));
  }

  add(event: ChatEvent): void {
    if (!textOf(event) && event.kind !== "file") return;
    const item = this.#item(event);
    const [, next] = [...this.#items].filter(([n]) => n > event.n).sort(([a], [b]) => a - b)[0] ?? [];
    const [pending] = this.#bubbles.values();
    this.log.insertBefore(item, next ?? pending ?? this.#typing);
    this.#items.set(event.n, item);
    if (this.#follows) return this.toEnd();
    this.#unseen++;
    this.#tell();
  }

  /** Adds an answer that is being sent. */
  sending(unsent: Unsent): void {
    this.#bubbles.get(unsent.id)?.remove();
    this.#answered = this.#live;
    const { texts } = this.language;
    const item = el("div", { class: "item you pending" }, who(texts.you), el("div", { class: "bubble", dir: "auto" }, unsent.shown),
      el("div", { class: "state" }, texts.sending));
    this.#bubbles.set(unsent.id, item);
    this.log.insertBefore(item, this.#typing);
    this.toEnd();
  }

  failed(unsent: Unsent, final: boolean): void {
    const item = this.#bubbles.get(unsent.id);
    if (!item) return;
    const { texts } = this.language;
    item.classList.replace("pending", "failed");
    const state = item.querySelector(".state") as HTMLElement;
    state.replaceChildren(final ? texts.refused : texts.failed);
    if (final) this.#bubbles.delete(unsent.id);
    else state.append(" ", el("button", { class: "retry", type: "button", onclick: () => this.actions.retry() }, texts.retry));
    this.toEnd();
  }

  /** The answer becomes its event, with the words that the customer typed; or it is removed if the event was added already. */
  arrived(unsent: Unsent, event: ChatEvent | undefined): void {
    const item = this.#bubbles.get(unsent.id);
    this.#bubbles.delete(unsent.id);
    if (!item || !event) {
      item?.remove();
      if (event) this.add(event);
      return;
    }
    item.className = "item you";
    item.querySelector(".state")?.replaceWith(this.#time(event));
    this.#items.set(event.n, item);
    // The event's number decides the place of the answer.
    const [, next] = [...this.#items].filter(([n]) => n > event.n).sort(([a], [b]) => a - b)[0] ?? [];
    if (next) this.log.insertBefore(item, next);
  }

  /** Disables all buttons, except with `open` the last group. Marks the button with the text `said` as chosen. */
  settle(open: boolean, said: string | undefined): void {
    const groups = [...this.log.querySelectorAll<HTMLElement>(".offers")];
    const live = open ? groups.at(-1) : undefined;
    for (const group of groups) {
      if (group === live) continue;
      for (const button of group.querySelectorAll("button")) {
        if (group === this.#answered && button.textContent === said) {
          button.classList.add("chosen");
          button.append(el("span", { class: "unseen" }, ` (${this.language.texts.chosen})`));
        }
        button.disabled = true;
      }
    }
    for (const button of live?.querySelectorAll("button") ?? []) button.disabled = false;
  }

  /** Sets whether the enabled buttons ignore presses, because a turn is under way. */
  hold(held: boolean): void {
    for (const button of this.#live?.querySelectorAll("button") ?? []) button.setAttribute("aria-disabled", String(held));
  }

  get #live(): HTMLElement | undefined {
    return [...this.log.querySelectorAll<HTMLElement>(".offers")].filter((group) => group.querySelector(":enabled")).at(-1);
  }

  typing(shown: boolean, words: string): void {
    this.#typing.hidden = !shown;
    (this.#typing.querySelector(".still") as HTMLElement).textContent = words;
    if (shown && this.#follows) this.toEnd();
  }

  /** The id of the assistant's last message, for `aria-describedby`. */
  get question(): string {
    return [...this.log.querySelectorAll(".bot .bubble[id]")].at(-1)?.id ?? "";
  }

  toEnd(): void {
    this.log.scrollTop = this.log.scrollHeight;
    this.#follows = true;
    this.#see();
  }

  get #nearEnd(): boolean {
    return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < NEAR;
  }

  #see(): void {
    this.#unseen = 0;
    this.#tell();
  }

  #tell(): void {
    this.newest.hidden = this.#unseen === 0;
    this.newest.replaceChildren(icon(ICONS.down), this.language.count(this.language.texts.newest, this.#unseen));
  }

  #item(event: ChatEvent): HTMLElement {
    const { texts } = this.language;
    const mine = event.kind === "said";
    const item = el("div", { class: `item ${mine ? "you" : "bot"}${isAgain(event) ? " again" : ""}` }, who(mine ? texts.you : texts.assistant));
    if (event.kind === "file") item.append(this.#file(event));
    const text = textOf(event);
    if (text) {
      const words = mine ? [text] : linked(text);
      item.append(el("div", { class: "bubble", dir: "auto", id: `said-${event.n}` }, ...words));
    }
    const choices = choicesOf(event);
    if (choices.length > 0) {
      const buttons = choices.map((choice) => el("button", {
        type: "button", dir: "auto",
        onclick: ({ currentTarget }: { currentTarget: Element }) => {
          if (currentTarget.getAttribute("aria-disabled") !== "true") this.actions.press(choice);
        },
      }, choice.label));
      item.append(el("div", { class: choices.length >= MANY ? "offers many" : "offers", role: "group", "aria-label": texts.options }, ...buttons));
    }
    item.append(this.#time(event));
    return item;
  }

  #file(event: FileEvent): HTMLElement {
    const { name } = event;
    const type = event["media-type"].split("/")[1]?.toUpperCase().slice(0, 8) ?? "";
    const size = this.language.size(event.size);
    const button = el("button", { class: "file", type: "button", "aria-label": `${this.language.texts.download.replace("{}", () => name)}, ${type}, ${size}`,
      onclick: () => this.actions.download(event, button) },
    icon(ICONS.file), el("span", {}, el("b", { dir: "auto" }, name), el("small", {}, `${type} · ${size}`)));
    return button;
  }

  #time(event: ChatEvent): HTMLElement {
    const at = new Date(event.at);
    return el("time", { datetime: event.at }, Number.isNaN(at.getTime()) ? "" : this.language.time(at));
  }
}

/** The speaker's name, for customers who do not see on which side a message is. */
function who(name: string): HTMLElement {
  return el("span", { class: "unseen" }, `${name}: `);
}

/** A text with links for its `https` addresses. A link shows the address itself. */
function linked(text: string): (Node | string)[] {
  return text.split(/(https:\/\/[^\s<>"'“”„]*[^\s<>"'“”„.,;:!?)\]}])/u).map((part, index) => {
    if (index % 2 === 0 || address(part)?.username !== "") return part;
    return el("a", { href: part, target: "_blank", rel: "noopener noreferrer nofollow" }, part);
  });
}
