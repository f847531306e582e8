// What a customer can save: files, and the conversation as text.

import type { ChatEvent } from "./api.ts";
import { choicesOf, textOf } from "./api.ts";
import { el } from "./dom.ts";
import type { Language } from "./language.ts";

/** The types that a phone may show instead of saving them. A file of any other declared type is saved as unspecific bytes. */
const VIEWABLE = ["application/pdf", "image/png", "image/jpeg"];

/** How long the temporary address of a file stays valid: a slow phone may need it for a while. */
const ADDRESS_MS = 60_000;

/** Saves a file under its name. */
export function save(content: Blob, name: string, declared = ""): void {
  const type = VIEWABLE.find((type) => type === declared) ?? "application/octet-stream";
  const href = URL.createObjectURL(new Blob([content], { type }));
  el("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), ADDRESS_MS);
}

/** The conversation as lines of text. */
export function transcriptText(events: ChatEvent[], { texts }: Language): string {
  return events.map((event) => {
    const words = event.kind === "file" ? event.name : textOf(event) ?? "";
    const choices = choicesOf(event).map((choice) => `\n  - ${choice.label}`).join("");
    return `${event.kind === "said" ? texts.you : texts.assistant}: ${words}${choices}`;
  }).join("\n");
}
