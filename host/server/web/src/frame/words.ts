// The messages between a shop's page and the chat in its iframe. They have a fixed form; all other messages
// are ignored.

/** The custom properties that a shop may set. They do not reach into a frame by themselves. */
export const COLOURS = ["--krabice-accent", "--krabice-on-accent", "--krabice-link", "--krabice-link-dark"] as const;

/** The settings of the shop's page. */
export interface Settings {
  language: string;
  /** The scenario's inputs, as JSON. */
  inputs: string;
  theme: string;
  privacy: string;
  colours: Partial<Record<(typeof COLOURS)[number], string>>;
  /** Whether the page answers when it is asked for a token. */
  signed: boolean;
}

/** A message from the shop's page to the chat. None can answer for the customer. */
export type Order = { krabice: 1 } & (
  | { do: "show"; focus: boolean } & Settings
  | { do: "hide" }
  | { do: "speak"; language: string }
  | { do: "token"; token: string }
);

const REPORTS = ["ready", "token", "open", "close", "start", "message", "end"] as const;

/** A message from the chat to the shop's page: what happened, and in `text` the title, the kind of a message, or the reason of the end. */
export interface Report { krabice: 1; say: (typeof REPORTS)[number]; text: string }

/** The longest text of a message. */
const LONGEST = 4_000;

type Fields = Record<string, unknown>;

const short = (value: unknown) => typeof value === "string" && value.length <= LONGEST;

/** The fields of a message that has exactly these fields, or `undefined`. */
function fields(data: unknown, ...names: string[]): Fields | undefined {
  const known = typeof data === "object" && data !== null && (data as Fields)["krabice"] === 1 && Object.keys(data).sort().join() === ["krabice", ...names].sort().join();
  return known ? data as Fields : undefined;
}

/** The message as an order, or `undefined` if it is not one. */
export function asOrder(data: unknown): Order | undefined {
  const token = fields(data, "do", "token");
  const [show, speak, hide] = [fields(data, "do", "focus", "language", "inputs", "theme", "privacy", "colours", "signed"), fields(data, "do", "language"), fields(data, "do")];
  const colours = show?.["colours"];
  const fits = show?.["do"] === "show" && typeof show["focus"] === "boolean" && typeof show["signed"] === "boolean" && ["language", "inputs", "theme", "privacy"].every((name) => short(show[name]))
    && typeof colours === "object" && colours !== null && Object.values(colours).every(short)
    || speak?.["do"] === "speak" && short(speak["language"]) || hide?.["do"] === "hide" || token?.["do"] === "token" && short(token["token"]);
  return fits ? data as Order : undefined;
}

/** The message as a report, or `undefined` if it is not one. */
export function asReport(data: unknown): Report | undefined {
  const report = fields(data, "say", "text");
  return report && REPORTS.some((name) => name === report["say"]) && short(report["text"]) ? data as Report : undefined;
}
