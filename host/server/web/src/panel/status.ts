// The status of the conversation: the banner above the field, and what a screen reader announces.

import type { Trouble } from "./conversation.ts";
import { el } from "./dom.ts";
import type { Language } from "./language.ts";

/** When a customer is told during a turn, in milliseconds: that something happens, the same aloud, that it still does, and that they may start again. */
const TYPING_MS = 300, ALOUD_MS = 1_500, STILL_MS = 5_000, LONG_MS = 30_000;
/** The least time that the dots are shown, so that they do not flash. */
const TYPING_LEAST_MS = 400;
/** How long a message about something else is shown in the banner. */
const NOTICE_MS = 3_000;

const after = (milliseconds: number, then: () => void) => setTimeout(then, milliseconds) as unknown as number;

export class Status {
  /** Read by screen readers only. */
  readonly region = el("div", { class: "unseen", role: "status" });
  #text = el("span");
  #button: HTMLButtonElement;
  readonly banner: HTMLElement;
  trouble: Trouble | undefined;
  #offline = false;
  #timers: number[] = [];
  /** When the turn under way began; 0 if there is none. */
  #since = 0;

  /** `typing` shows or hides the dots, with words beside them. */
  constructor(public language: Language, restart: () => void, readonly typing: (shown: boolean, words: string) => void) {
    this.#button = el("button", { type: "button", onclick: restart });
    this.banner = el("div", { class: "banner", hidden: true }, this.#text, this.#button);
  }

  get working(): boolean {
    return this.#since > 0;
  }

  set working(working: boolean) {
    if (working === this.working) return;
    this.stop();
    if (!working) {
      const left = Math.max(0, this.#since + TYPING_MS + TYPING_LEAST_MS - Date.now());
      const seen = Date.now() - this.#since > TYPING_MS;
      this.#since = 0;
      this.#timers = [after(seen ? left : 0, () => this.typing(false, ""))];
      this.update();
      return;
    }
    const { texts } = this.language;
    this.#since = Date.now();
    this.#timers = [
      after(TYPING_MS, () => this.typing(true, "")),
      after(ALOUD_MS, () => this.say(texts.working)),
      after(STILL_MS, () => { this.typing(true, texts.still); this.say(texts.still); }),
      after(LONG_MS, () => this.update()),
    ];
  }

  set connected(connected: boolean) {
    if (this.#offline && connected) this.say(this.language.texts.online);
    this.#offline = !connected;
    this.update();
  }

  /** Stops all timers. */
  stop(): void {
    this.#timers.forEach(clearTimeout);
  }

  /** Lets screen readers announce something. */
  say(words: string): void {
    this.region.textContent = words;
  }

  /** Shows something in the banner for a moment. */
  notice(words: string): void {
    this.say(words);
    this.#show(words, false);
    setTimeout(() => { if (this.#text.textContent === words) this.update(); }, NOTICE_MS);
  }

  /** Shows in the banner that there is no connection, or a way out of a long turn. */
  update(): void {
    const { texts } = this.language;
    const long = this.working && Date.now() - this.#since >= LONG_MS && !this.trouble;
    const offline = this.#offline || (this.trouble === "unreachable" && this.working);
    const words = offline ? texts.offline : this.trouble === "busy" ? texts.busy : long ? texts.long : "";
    if (words && words !== this.#text.textContent) this.say(words);
    this.#show(words, long && !offline);
    this.#button.textContent = texts.again;
  }

  #show(words: string, restart: boolean): void {
    this.#text.textContent = words;
    this.#button.hidden = !restart;
    this.banner.hidden = !words;
  }
}
