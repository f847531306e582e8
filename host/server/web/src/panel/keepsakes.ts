// What a customer takes along: files, the conversation as text, and to the shop's next page that the chat stands open.

import type { ChatEvent } from "./api.ts";
import { el } from "./dom.ts";
import type { Language } from "./language.ts";

/** Types that a telephone may show instead of saving. Whatever else a back end says a file is, it is only bytes here. */
const SHOWN = ["application/pdf", "image/png", "image/jpeg"];

/** An address that was made for a file may be needed for so long by a slow telephone. */
const KEPT_MS = 60_000;

/** Saves a file's bytes under its name. */
export function save(content: Blob, name = "", kind = ""): void {
  const type = SHOWN.find((type) => type === kind) ?? "application/octet-stream";
  const href = URL.createObjectURL(new Blob([content], { type }));
  el("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), KEPT_MS);
}

/** The conversation as lines of text. */
export function transcriptText(events: ChatEvent[], { texts }: Language): string {
  return events.map((event) => {
    const words = event.text ?? event.name ?? "";
    const offers = (event.buttons ?? event.choices ?? []).map((offer) => `\n  - ${offer.label}`).join("");
    return `${event.kind === "said" ? texts.you : texts.assistant}: ${words}${offers}`;
  }).join("\n");
}

/** Keeps whether the chat stands open, for the shop's next page. */
export function remember(mark: string, open: boolean): void {
  try {
    if (open) sessionStorage.setItem(mark, "");
    else sessionStorage.removeItem(mark);
  } catch {
    // Storage is forbidden: the next page of the shop begins with the chat closed.
  }
}
