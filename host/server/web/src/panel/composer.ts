// The input field, whose keyboard and label fit the question.

import type { Expect, Waits } from "./api.ts";
import { el, icon, ICONS } from "./dom.ts";
import type { Language, Texts } from "./language.ts";

/** The longest answer that the server accepts, in characters. */
const LONGEST = 2_000;

interface FieldType { label: keyof Texts; attributes: Record<string, string> }

const PLAIN = { type: "text", inputmode: "text", autocomplete: "off", autocapitalize: "sentences", spellcheck: "true" };
const EXACT = { ...PLAIN, autocapitalize: "none", spellcheck: "false" };

/** The field for each expected form of an answer. None is `type=email`, because that would rewrite an address before the customer sees it. */
const FIELD_TYPES: Record<Expect, FieldType> = {
  "text": { label: "text", attributes: PLAIN },
  "order-number": { label: "order", attributes: { ...EXACT, autocapitalize: "characters" } },
  "email": { label: "email", attributes: { ...EXACT, inputmode: "email", autocomplete: "email" } },
  "phone": { label: "phone", attributes: { ...EXACT, type: "tel", inputmode: "tel", autocomplete: "tel" } },
  "number": { label: "number", attributes: { ...EXACT, inputmode: "decimal" } },
  "date": { label: "date", attributes: { ...EXACT, type: "date" } },
  "choice": { label: "choice", attributes: EXACT },
  "pattern": { label: "text", attributes: EXACT },
};

export class Composer {
  readonly form: HTMLFormElement;
  /** The area has several lines and is for free text; the line is for everything else. */
  #area = el("textarea", { rows: 1, enterkeyhint: "send", autocomplete: "off", id: "area" });
  #line = el("input", { enterkeyhint: "send", id: "line", hidden: true });
  #label = el("label", { class: "unseen" });
  #problem = el("p", { class: "problem", id: "problem", hidden: true });
  #button = el("button", { class: "send", type: "submit" }, icon(ICONS.send));
  #expect: Expect = "text";
  #question = "";
  /** Whether the customer sent the text before the first question was there. */
  #early = false;
  #asked = false;
  #submit: () => void;

  /** `send` returns whether it accepted the text. */
  constructor(public language: Language, send: (text: string) => boolean) {
    const submit = () => {
      const text = this.#answer();
      this.#early = false;
      if (!text) return this.#complain(this.language.texts.empty);
      // A text is never cut off: who pasted it decides what goes.
      const over = [...text].length - LONGEST;
      if (over > 0) return this.#complain(this.language.texts.tooLong.replace("{}", String(over)));
      if (!send(text)) {
        this.#early = !this.#asked;
        return;
      }
      this.field.value = "";
      this.#complain("");
      this.#grow();
      this.field.focus();
    };
    this.#submit = submit;
    this.form = el("form", {
      class: "composer", novalidate: true,
      onsubmit: (event: Event) => { event.preventDefault(); submit(); },
    }, this.#label, this.#problem, this.#area, this.#line, this.#button);
    this.#area.addEventListener("keydown", (event) => {
      // While an input method is composing, Enter accepts its proposal.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      submit();
    });
    this.form.addEventListener("input", () => { this.#early = false; this.#complain(""); this.#grow(); });
    this.busy = true;
    this.waits({ for: "call" }, "", false);
  }

  /** The visible field. */
  get field(): HTMLInputElement | HTMLTextAreaElement {
    return this.#area.hidden ? this.#line : this.#area;
  }

  /** Adapts the field to what the session waits for. `question` is the id of the question's element, `again` says whether the last answer did not fit. */
  waits(waits: Waits, question: string, again: boolean): void {
    if (waits.for === "answer" || waits.for === "button") {
      const expect = waits.for === "button" ? "choice" : waits.expect;
      const typed = this.field.value;
      const changed = expect !== this.#expect;
      const focused = this.#focused;
      this.#expect = expect;
      this.#area.hidden = expect !== "text";
      this.#line.hidden = expect === "text";
      if (changed) for (const [name, value] of Object.entries(FIELD_TYPES[expect].attributes)) this.#line.setAttribute(name, value);
      if (changed && expect !== "date") this.field.value = typed;
      if (focused) this.field.focus({ preventScroll: true });
      this.#question = question;
      this.field.setAttribute("aria-invalid", String(again));
      this.#asked = true;
    }
    this.label();
    if (this.#asked && this.#early) this.#submit();
  }

  /** Labels the field in the panel's language. */
  label(): void {
    const { texts } = this.language;
    const label = texts[FIELD_TYPES[this.#expect].label] as string;
    this.#label.textContent = label;
    this.#label.htmlFor = this.field.id;
    this.field.setAttribute("placeholder", label);
    this.field.setAttribute("aria-describedby", `${this.#question} problem`.trim());
    this.#button.setAttribute("aria-label", texts.send);
    this.#button.title = texts.send;
  }

  /** Whether an answer is being sent. The field stays enabled, so that it keeps the focus. */
  set busy(busy: boolean) {
    this.#button.setAttribute("aria-disabled", String(busy));
  }

  get #focused(): boolean {
    const root = this.form.getRootNode() as ShadowRoot | Document;
    return root.activeElement === this.#area || root.activeElement === this.#line;
  }

  /** The typed text. A date is written in the usual form of the language. */
  #answer(): string {
    const text = this.field.value.trim();
    const date = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
    if (this.#expect !== "date" || !date || this.language.base === "en") return text;
    return `${Number(date[3])}. ${Number(date[2])}. ${date[1]}`;
  }

  #complain(problem: string): void {
    this.#problem.hidden = !problem;
    this.#problem.textContent = problem;
    if (problem) {
      this.field.setAttribute("aria-invalid", "true");
      this.field.focus();
    }
  }

  /** Gives the area as many rows as the text has lines, up to five. */
  #grow(): void {
    this.#area.rows = Math.min(5, this.#area.value.split("\n").length);
    if (this.#area.value && this.#area.scrollHeight > this.#area.clientHeight) this.#area.rows = Math.min(5, this.#area.rows + 1);
  }
}
