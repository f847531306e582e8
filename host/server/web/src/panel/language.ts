// The languages of the page's own texts. A scenario's texts are the server's.

import { en } from "./texts/en.ts";

/** A text by the plural of its number; `other` is always there. */
export type Plural = { other: string } & Partial<Record<Intl.LDMLPluralRule, string>>;

/** Every text of the page; `{}` stands for a number or a name. */
export type Texts = { [K in keyof typeof en]: (typeof en)[K] extends string ? string : Plural };

/** A language, its texts and what the browser knows of it. */
export class Language {
  /** English is always there; the others are files beside this one, one of which a customer needs. */
  static readonly english = new Language("en", "en", en);

  private constructor(readonly tag: string, readonly base: string, readonly texts: Texts) {}

  /** The first of the tags that there are texts in, else English; English too while the file cannot be had. */
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

  /** A text with its number, in the number's plural. */
  count(text: Plural, number: number): string {
    const form = text[new Intl.PluralRules(this.tag).select(number)] ?? text.other;
    return form.replace("{}", new Intl.NumberFormat(this.tag).format(number));
  }

  /** The hour and minute, with the day where it is not today's. */
  time(at: Date): string {
    const clock: Intl.DateTimeFormatOptions = { hour: "numeric", minute: "2-digit" };
    const today = at.toDateString() === new Date().toDateString();
    return new Intl.DateTimeFormat(this.tag, today ? clock : { ...clock, day: "numeric", month: "numeric" }).format(at);
  }

  /** A size in bytes, rounded to a unit that says something. */
  size(bytes: number): string {
    const [value, unit] = bytes < 1000 ? [bytes, "byte"] : bytes < 1e6 ? [bytes / 1e3, "kilobyte"] : [bytes / 1e6, "megabyte"];
    return new Intl.NumberFormat(this.tag, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: value < 10 && unit !== "byte" ? 1 : 0 }).format(value);
  }
}

/** The tag in the form that `Intl` takes, if it is one. */
function valid(tag: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag)[0];
  } catch {
    return undefined;
  }
}
