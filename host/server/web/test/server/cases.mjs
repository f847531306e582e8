// The end-to-end cases of the terminal, as conversations for a browser: what a customer
// answers, and what the snapshots say that they are told.

import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "./real.mjs";

const FOLDER = join(ROOT, "tests/e2e/cases");
const DOTS = "•••";
/** The body of a snapshot, after its head. */
const body = (snapshot) => snapshot.slice(snapshot.indexOf("\n---\n") + 5);
const json = async (file) => JSON.parse(await readFile(file, "utf8"));

/** The scenario files of the cases that bring their own. */
export const OWN = ["hidden-values/keeps-secrets.json", "hidden-values/keeps-them-too.json"].map((file) => join(FOLDER, file));

/** One case: `events` as the terminal told them, each question with the answer that was given to it. */
async function read(name) {
  const folder = join(FOLDER, name);
  const given = await json(join(folder, "case.json"));
  if (!given.scenario) return undefined; // Commands, not a conversation.
  // Another connection would need another server, and a back end that drips minutes of patience.
  const slow = (given.shop?.faults ?? []).some(({ fault }) => ["drip", "silence"].includes(fault.kind));
  if (given.shop?.connection || slow) return undefined;
  const own = given.scenario.endsWith(".json");
  const document = await json(own ? join(folder, given.scenario) : join(ROOT, "scenarios", `${given.scenario}.json`));
  if (!document.channels?.includes("chat")) return undefined; // No visitor starts it.
  const scenario = document.name;
  const events = body(await readFile(join(folder, "events.snap"), "utf8")).split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  const dotted = body(await readFile(join(folder, "transcript.snap"), "utf8")).split("\n").filter((line) => line.startsWith("> ")).map((line) => line === `> ${DOTS}`);
  const answers = given.answers.slice(0, dotted.length);
  const turns = [];
  for (const event of events.filter(({ event }) => event !== "finished")) {
    const offers = event.buttons ?? event.choices ?? [];
    const asks = event.event === "ask" || event.event === "buttons";
    const at = turns.filter(({ answer }) => answer !== undefined).length;
    if (!asks || at === answers.length) {
      turns.push({ ...event, offers });
      continue;
    }
    const answer = answers[at];
    const label = offers.find(({ id }) => id === answer)?.label;
    turns.push({ ...event, offers, answer, label, hidden: dotted[at] });
  }
  const language = given.language ?? (own ? "en" : document.languages[0]);
  const finished = events.some(({ event, reason }) => event === "finished" && reason !== "unanswered");
  return { name, scenario, language, set: given.set ?? {}, shop: given.shop ?? {}, hidden: given.hidden ?? [], answers, turns, finished };
}

/** Every case that is a conversation, by its folder. */
export const all = (await Promise.all((await readdir(FOLDER)).sort().map(read))).filter(Boolean);

/**
 * The cases to drive: `CASES=all` is every one, `CASES=wrong-email` those whose names contain it.
 * Else a sample: each scenario once to its end in each language, once with a back end that fails,
 * and all that hide something. What the engine says in the other cases the terminal's tests compare.
 */
function chosen() {
  const { CASES } = process.env;
  if (CASES) return all.filter(({ name }) => CASES === "all" || name.includes(CASES));
  const seen = new Set();
  return all.filter(({ scenario, language, finished, shop, hidden }) => {
    const kind = shop.faults || shop.state ? `${scenario}: disturbed` : finished && `${scenario}: ${language}`;
    if (hidden.length > 0) return true;
    if (!kind || seen.has(kind)) return false;
    return Boolean(seen.add(kind));
  });
}

/** Every second case to drive, from the one at `first`. */
export const half = (first) => chosen().filter((_, at) => at % 2 === first);

/** What the transcript shows: each text, and after each question what was answered; `dots` where what is hidden is not shown any more. */
export function shown({ turns }, dots) {
  return turns.flatMap(({ text, answer, label, hidden }) => [
    ...(text ? [text] : []),
    ...(answer === undefined ? [] : [hidden && dots ? DOTS : label ?? answer.trim()]),
  ]);
}

/** Puts the back ends into the case's state. A server that has met faults remembers them, so it starts again. */
export async function prepare(real, { shop }) {
  if (real.disturbed) {
    await real.stop();
    await real.serve();
  }
  real.disturbed = Boolean(shop.faults || shop.state);
  await real.reset();
  const backEnd = shop["back-end"] ?? "upgates";
  if (shop.state) await real.control(backEnd, "PATCH", "/state", shop.state);
  if (shop.faults) await real.control(backEnd, "POST", "/faults", shop.faults);
}

/** Waits until the chat takes an answer, or is over. */
export async function settled(page) {
  await page.waitForFunction(() => {
    const root = document.querySelector("krabice-chat")?.shadowRoot;
    const over = root?.querySelector(".over:not(.asked)");
    if (!over) return false;
    return !over.hidden || (root.querySelector(".bubble[id]") !== null && root.querySelector(".pending") === null && root.querySelector(".send").getAttribute("aria-disabled") === "false");
  }, undefined, { timeout: 60_000 });
}

/** Goes through a case as its customer does: buttons are pressed, everything else is typed. */
export async function converse(chat, { turns }, turned = async () => {}) {
  await settled(chat.page);
  for (const { answer, label } of turns.filter(({ answer }) => answer !== undefined)) {
    if (label !== undefined) await chat.log.locator(".offers").last().getByRole("button", { name: label, exact: true }).click();
    else await chat.answer(answer);
    await settled(chat.page);
    await turned();
  }
}
