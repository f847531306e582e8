// What was said, oldest first, as a log that a screen reader reads aloud as it grows.

import type { ChatEvent, Offer } from "./api.ts";
import { el, icon, ICONS } from "./dom.ts";
import type { Language } from "./language.ts";
import type { Unsent } from "./store.ts";

export interface Actions {
  press(offer: Offer): void;
  retry(): void;
  download(event: ChatEvent, button: HTMLButtonElement): void;
}

/** So near to its end, in pixels, a transcript follows what is new. */
const NEAR = 80;
/** From so many choices on they stand below each other in a box of their own. */
const MANY = 7;

export class Transcript {
  readonly log = el("div", { class: "log", role: "log", tabindex: 0, "aria-live": "polite", "aria-relevant": "additions" });
  readonly newest = el("button", { class: "newest", type: "button", hidden: true, onclick: () => this.toEnd() });
  #items = new Map<number, HTMLElement>();
  #bubbles = new Map<string, HTMLElement>();
  #typing = el("div", { class: "item bot typing", "aria-hidden": "true", hidden: true },
    el("div", { class: "bubble" }, el("i"), el("i"), el("i"), el("span", { class: "still" })));
  /** The buttons that the answer on its way belongs to. */
  #answered: HTMLElement | undefined;
  #unseen = 0;
  /** Whether the end is in sight, so that what is new scrolls into it. */
  #follows = true;

  constructor(public language: Language, readonly actions: Actions) {
    this.log.append(this.#typing);
    this.log.addEventListener("scroll", () => {
      this.#follows = this.#nearEnd;
      if (this.#follows) this.#see();
    }, { passive: true });
    // What stands below grows and shrinks; the newest line stays in sight.
    new ResizeObserver(() => { if (this.#follows) this.toEnd(); }).observe(this.log);
  }

  /** Whether screen readers hear what is added: not while a whole transcript comes back. */
  set aloud(aloud: boolean) {
    this.log.setAttribute("aria-live", aloud ? "polite" : "off");
  }

  clear(): void {
    this.#items.clear();
    this.#bubbles.clear();
    this.log.replaceChildren(this.#typing);
    this.#see();
  }

  /** A line of the page's own, such as that the assistant is a machine. */
  note(...content: (Node | string)[]): void {
    this.log.prepend(el("p", { class: "note" }, ...content));
  }

  add(event: ChatEvent): void {
    if (!event.text && event.kind !== "file") return;
    const item = this.#item(event);
    const [, next] = [...this.#items].filter(([n]) => n > event.n).sort(([a], [b]) => a - b)[0] ?? [];
    const [pending] = this.#bubbles.values();
    this.log.insertBefore(item, next ?? pending ?? this.#typing);
    this.#items.set(event.n, item);
    if (this.#follows) return this.toEnd();
    this.#unseen++;
    this.#tell();
  }

  /** An answer on its way. */
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

  /** The bubble becomes its event, with the words that the customer typed, or goes where the event stands already. */
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
    // The answer belongs where its number says, not where it was typed.
    const [, next] = [...this.#items].filter(([n]) => n > event.n).sort(([a], [b]) => a - b)[0] ?? [];
    if (next) this.log.insertBefore(item, next);
  }

  /** Closes every group of buttons but the one that is waited for; `chosen` is marked in them. */
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

  /** The live buttons; a turn that is under way takes no press. */
  hold(held: boolean): void {
    for (const button of this.#live?.querySelectorAll("button") ?? []) button.setAttribute("aria-disabled", String(held));
  }

  get #live(): HTMLElement | undefined {
    return [...this.log.querySelectorAll<HTMLElement>(".offers:has(:enabled)")].at(-1);
  }

  typing(shown: boolean, words: string): void {
    this.#typing.hidden = !shown;
    (this.#typing.querySelector(".still") as HTMLElement).textContent = words;
    if (shown && this.#follows) this.toEnd();
  }

  /** The id of the newest thing that the assistant said, for `aria-describedby`. */
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
    const item = el("div", { class: `item ${mine ? "you" : "bot"}${event.again ? " again" : ""}` }, who(mine ? texts.you : texts.assistant));
    if (event.kind === "file") item.append(this.#file(event));
    if (event.text) {
      const words = mine ? [event.text] : linked(event.text);
      item.append(el("div", { class: "bubble", dir: "auto", id: `said-${event.n}` }, ...words));
    }
    const offers = event.choices ?? event.buttons ?? [];
    if (offers.length > 0) {
      const buttons = offers.map((offer) => el("button", {
        type: "button", dir: "auto",
        onclick: ({ currentTarget }: { currentTarget: Element }) => {
          if (currentTarget.getAttribute("aria-disabled") !== "true") this.actions.press(offer);
        },
      }, offer.label));
      item.append(el("div", { class: offers.length >= MANY ? "offers many" : "offers", role: "group", "aria-label": texts.options }, ...buttons));
    }
    item.append(this.#time(event));
    return item;
  }

  #file(event: ChatEvent): HTMLElement {
    const kind = event["media-type"]?.split("/")[1]?.toUpperCase().slice(0, 8) ?? "";
    const name = event.name ?? "";
    const button = el("button", { class: "file", type: "button", "aria-label": `${this.language.texts.download.replace("{}", () => name)}, ${kind}, ${this.language.size(event.size ?? 0)}`,
      onclick: () => this.actions.download(event, button) },
    icon(ICONS.file), el("span", {}, el("b", { dir: "auto" }, name), el("small", {}, `${kind} · ${this.language.size(event.size ?? 0)}`)));
    return button;
  }

  #time(event: ChatEvent): HTMLElement {
    const at = new Date(event.at);
    return el("time", { datetime: event.at }, Number.isNaN(at.getTime()) ? "" : this.language.time(at));
  }
}

/** Who speaks, for those who do not see the side that a bubble stands on. */
function who(name: string): HTMLElement {
  return el("span", { class: "unseen" }, `${name}: `);
}

/** A text whose `https` addresses can be followed. The address itself is what is shown. */
function linked(text: string): (Node | string)[] {
  return text.split(/(https:\/\/[^\s<>"'“”„]*[^\s<>"'“”„.,;:!?)\]}])/u).map((part, index) => {
    if (index % 2 === 0 || !URL.canParse(part) || new URL(part).username) return part;
    return el("a", { href: part, target: "_blank", rel: "noopener noreferrer nofollow" }, part);
  });
}
