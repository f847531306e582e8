// The languages of the panel's own texts. A scenario's texts come from the server.

import { en } from "./texts/en.ts";

/** A text by the plural category of its number; `other` is required. */
export type Plural = { other: string } & Partial<Record<Intl.LDMLPluralRule, string>>;

/** All texts of the panel. `{}` stands for a number or a name. */
export type Texts = { [K in keyof typeof en]: (typeof en)[K] extends string ? string : Plural };

/** A language with its texts, and the browser's formats for it. */
export class Language {
  /** English is part of the panel. Each other language is a file of its own, loaded when it is needed. */
  static readonly english = new Language("en", "en", en);

  private constructor(readonly tag: string, readonly base: string, readonly texts: Texts) {}

  /** The first of the tags that has texts, or English. English also if the language's file cannot be loaded. */
  static async of(...tags: (string | null | undefined)[]): Promise<Language> {
    for (const tag of tags) {
      const base = tag?.toLowerCase().split("-")[0] ?? "";
      const file = Object.hasOwn(TEXTS, base) && TEXTS[base];
      if (base !== "en" && !file) continue;
      const loaded = file && await import(new URL(file, import.meta.url).href).catch(() => undefined) as { default: Texts } | undefined;
      return new Language(loaded || base === "en" ? valid(tag as string) ?? base : "en", loaded ? base : "en", loaded ? loaded.default : en);
    }
    return Language.english;
  }

  /** A text with a number, in the number's plural form. */
  count(text: Plural, number: number): string {
    const form = text[new Intl.PluralRules(this.tag).select(number)] ?? text.other;
    return form.replace("{}", new Intl.NumberFormat(this.tag).format(number));
  }

  /** The hour and minute, with the day if it is not today. */
  time(at: Date): string {
    const clock: Intl.DateTimeFormatOptions = { hour: "numeric", minute: "2-digit" };
    const today = at.toDateString() === new Date().toDateString();
    return new Intl.DateTimeFormat(this.tag, today ? clock : { ...clock, day: "numeric", month: "numeric" }).format(at);
  }

  /** A size in bytes, in a suitable unit. */
  size(bytes: number): string {
    const [value, unit] = bytes < 1000 ? [bytes, "byte"] : bytes < 1e6 ? [bytes / 1e3, "kilobyte"] : [bytes / 1e6, "megabyte"];
    return new Intl.NumberFormat(this.tag, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: value < 10 && unit !== "byte" ? 1 : 0 }).format(value);
  }
}

/** The tag in canonical form, or `undefined` if it is not a language tag. */
function valid(tag: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag)[0];
  } catch {
    return undefined;
  }
}
