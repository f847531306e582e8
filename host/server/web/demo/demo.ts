// The demo shop, in Czech or English: lists the scenarios that its server publishes, and opens the chosen one
// in the widget on the page.

import type { ScenarioFacts } from "../src/api-types.ts";
import { HINTS } from "./hints.ts";
import type { Tongue } from "./words.ts";
import { WORDS } from "./words.ts";

/** The parts of the widget's element that are used here. */
type Chat = HTMLElement & { open(): Promise<unknown>; send(text: string): void; setLanguage(tag: string): void };

const wanted = new URLSearchParams(location.search).get("lang") ?? navigator.language;
const tongue: Tongue = /^(?:cs|sk)/.test(wanted) ? "cs" : "en";
const words = WORDS[tongue];
const list = document.querySelector("#scenarios") as HTMLUListElement;

function element(name: string, attributes: Record<string, string>, ...content: (Node | string)[]): HTMLElement {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...content);
  return made;
}

function button(label: string, name: string, press: () => void, kind = "plain"): HTMLElement {
  const made = element("button", { "type": "button", "aria-label": name, "class": kind }, label);
  made.addEventListener("click", press);
  return made;
}

const chat = () => document.querySelector("krabice-chat") as Chat | null;

/** Opens a scenario in the widget, in a language. If the widget shows it already, its conversation continues. */
function show(name: string, language: string): Chat {
  const shown = chat();
  if (shown?.getAttribute("scenario") === name && shown.getAttribute("lang") === language) {
    void shown.open();
    return shown;
  }
  shown?.remove();
  const made = document.createElement("krabice-chat") as Chat;
  for (const [attribute, value] of Object.entries({ scenario: name, lang: language, mode: "popup" })) made.setAttribute(attribute, value);
  document.body.append(made);
  for (const card of list.children) card.classList.toggle("chosen", card.id === `card-${name}`);
  void made.open();
  return made;
}

/** The shop's language if the scenario has it, or the scenario's first. */
const usual = ({ languages }: ScenarioFacts) => (languages.includes(tongue) ? tongue : languages[0] ?? "en");

function card(facts: ScenarioFacts): HTMLElement {
  const { name, title, languages } = facts;
  const hint = HINTS[name];
  const item = element("li", { id: `card-${name}` }, element("h3", {}, title));
  if (hint) {
    const systems = hint.systems.map((system) => element("li", {}, system));
    item.prepend(element("ul", { class: "systems" }, ...systems));
    item.append(element("p", {}, hint.about[tongue]));
    const answers = hint.type.map((text) => button(text, words.answer.replace("{}", text), () => {
      const shown = chat();
      (shown?.getAttribute("scenario") === name ? shown : show(name, usual(facts))).send(text);
    }, "answer"));
    item.append(element("dl", {}, element("dt", {}, words.answers), element("dd", {}, ...answers)));
  }
  const open = languages.map((tag) => button(words.languages[tag] ?? tag, `${words.open}: ${title}, ${words.languages[tag] ?? tag}`, () => show(name, tag), tag === usual(facts) ? "primary" : "plain"));
  const page = element("a", { "href": `../chat/${encodeURIComponent(name)}?lang=${encodeURIComponent(usual(facts))}`, "aria-label": `${words.page}: ${title}` }, words.page);
  item.append(element("div", { class: "acts", role: "group", "aria-label": words.open }, ...open, page));
  return item;
}

async function published(): Promise<ScenarioFacts[]> {
  const response = await fetch(`../?lang=${tongue}`, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(String(response.status));
  return await response.json() as ScenarioFacts[];
}

/** Replaces the page's Czech texts by those of the shop's language. */
function speak(): void {
  document.documentElement.lang = tongue;
  document.title = words.title;
  for (const place of document.querySelectorAll<HTMLElement>("[data-text]")) place.textContent = words[place.dataset["text"] as "title"];
  for (const place of document.querySelectorAll<HTMLElement>("[data-label]")) place.setAttribute("aria-label", words[place.dataset["label"] as "title"]);
  document.querySelectorAll(".perks li").forEach((place, index) => { place.textContent = words.perks[index] ?? ""; });
  document.querySelectorAll(".goods li").forEach((place, index) => {
    const [name, about, price] = words.products[index] ?? [];
    [["h3", name], ["p", about], ["strong", price]].forEach(([part, text]) => { (place.querySelector(part as string) as HTMLElement).textContent = text ?? ""; });
  });
  for (const link of document.querySelectorAll(".tongues a")) {
    if (link.getAttribute("lang") === tongue) link.setAttribute("aria-current", "true");
  }
  // The widget gets the page's language, also if it was loaded before this script.
  void customElements.whenDefined("krabice-chat").then(() => chat()?.setLanguage(tongue));
}

/** The only function of this shop: a basket that counts. */
function sell(): void {
  const basket = document.querySelector("#basket") as HTMLElement;
  let count = 0;
  const tell = () => { basket.textContent = words.basket.replace("{}", String(count)); };
  for (const item of document.querySelectorAll(".goods li")) {
    item.append(button(words.add, `${words.add}: ${item.querySelector("h3")?.textContent}`, () => { count++; tell(); }));
  }
  tell();
}

speak();
sell();
try {
  const order = Object.keys(HINTS);
  const place = (facts: ScenarioFacts) => (order.indexOf(facts.name) + order.length + 1) % (order.length + 1);
  const scenarios = (await published()).sort((a, b) => place(a) - place(b));
  list.replaceChildren(...scenarios.map(card));
  for (const opener of document.querySelectorAll<HTMLElement>("[data-opens]")) {
    const facts = scenarios.find(({ name }) => name === opener.dataset["opens"]);
    opener.hidden = !facts;
    if (facts) opener.addEventListener("click", () => show(facts.name, usual(facts)));
  }
} catch {
  list.replaceChildren(element("li", {}, words.unavailable));
}
const example = document.querySelector("#example") as HTMLElement;
const [number = "", email = ""] = HINTS["order-status"]?.type ?? [];
example.replaceChildren(`${words.example} `, element("code", {}, number), words.and, element("code", {}, email), ".");
const origin = document.querySelector("#origin");
if (origin) origin.textContent = location.origin;
