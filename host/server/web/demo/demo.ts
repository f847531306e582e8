// The demo shop: lists the scenarios that its server publishes, and opens the
// chosen one in the widget that stands on the page.

interface Facts { name: string; title: string; languages: string[] }

interface Hint { about: string; type: string[] }

/** What to type into the examples: the customers of the bundled back ends. */
const HINTS: Record<string, Hint> = {
  "order-status": { about: "Stav objednávky pro zákazníka, který zná její e-mail.", type: ["O260147", "petra.vlkova@example.cz"] },
  "invoice": { about: "Faktura ještě jednou.", type: ["O260147", "petra.vlkova@example.cz"] },
  "cancel-order": { about: "Zrušení objednávky s dvojím potvrzením.", type: ["O260152", "petra.vlkova@example.cz"] },
  "note-to-shop": { about: "Vzkaz, který se zapíše k objednávce.", type: ["O260152", "petra.vlkova@example.cz"] },
  "my-orders": { about: "Seznam objednávek zákazníka.", type: ["O260147", "42"] },
  "claim-status": { about: "Stav reklamace nebo vrácení v Retinu.", type: ["O260163", "eva.horakova@example.cz"] },
  "withdraw-claim": { about: "Stažení otevřené reklamace.", type: ["O260147", "petra.vlkova@example.cz"] },
  "parcel-and-claim": { about: "Objednávka ze Shoperu, štítek z Base a reklamace z Retina v jednom rozhovoru.", type: ["4821", "anna.zielinska@example.net"] },
  "return-label": { about: "Zásilka a štítek vratky z Base.", type: ["4821", "anna.zielinska@example.net"] },
  "two-shops": { about: "Objednávka, která je v jednom ze dvou obchodů na Shoperu.", type: ["310", "anna.zielinska@example.net"] },
  "pohoda-invoice": { about: "Faktura z účetnictví jako soubor.", type: ["ES-5501", "jana@example.com"] },
  "pohoda-transfer": { about: "Stav objednávky přenesený z POHODY do e-shopu.", type: ["O260152"] },
  "first": { about: "Deset řádků scénáře: nejmenší příklad.", type: ["O260147"] },
};

const LANGUAGES: Record<string, string> = { cs: "česky", en: "anglicky", pl: "polsky", pt: "portugalsky", sk: "slovensky" };

/** The widget's element, as far as it is used here. */
type Chat = HTMLElement & { open(): Promise<unknown> };

const list = document.querySelector("#scenarios") as HTMLUListElement;

function element(name: string, ...content: (Node | string)[]): HTMLElement {
  const made = document.createElement(name);
  made.append(...content);
  return made;
}

/** Puts another scenario into the widget, in a language, and opens it. */
function show(facts: Facts, language: string): void {
  document.querySelector("krabice-chat")?.remove();
  const chat = document.createElement("krabice-chat") as Chat;
  for (const [name, value] of [["scenario", facts.name], ["lang", language], ["mode", "popup"]] as const) chat.setAttribute(name, value);
  document.body.append(chat);
  void chat.open();
}

function card(facts: Facts): HTMLElement {
  const hint = HINTS[facts.name];
  const language = facts.languages.includes("cs") ? "cs" : facts.languages[0] ?? "en";
  const heading = element("h3", facts.title);
  const open = element("button", "Otevřít v chatu") as HTMLButtonElement;
  open.type = "button";
  const page = element("a", "Na celé stránce") as HTMLAnchorElement;
  page.href = `../chat/${encodeURIComponent(facts.name)}?lang=${encodeURIComponent(language)}`;
  for (const act of [open, page]) act.setAttribute("aria-label", `${act.textContent}: ${facts.title}`);
  const item = element("li", heading);
  open.addEventListener("click", () => {
    for (const other of list.children) other.classList.toggle("chosen", other === item);
    show(facts, language);
  });
  if (hint) {
    item.append(element("p", hint.about));
    const codes = hint.type.flatMap((text, index) => [index ? " a " : "", element("code", text)]);
    item.append(element("dl", element("dt", "Co napsat"), element("dd", ...codes)));
  }
  const spoken = facts.languages.map((tag) => LANGUAGES[tag] ?? tag).join(", ");
  item.append(element("p", `Mluví ${spoken}.`), element("div", open, page));
  item.lastElementChild?.classList.add("acts");
  return item;
}

async function published(): Promise<Facts[]> {
  const response = await fetch("../?lang=cs", { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(String(response.status));
  return await response.json() as Facts[];
}

try {
  const order = Object.keys(HINTS);
  const place = (facts: Facts) => (order.indexOf(facts.name) + order.length + 1) % (order.length + 1);
  const scenarios = (await published()).sort((a, b) => place(a) - place(b));
  list.replaceChildren(...scenarios.map(card));
} catch {
  list.replaceChildren(element("li", "Seznam scénářů teď není k dispozici. Chat vpravo dole funguje dál."));
}

const origin = document.querySelector("#origin");
if (origin) origin.textContent = location.origin;
document.querySelector("#ask")?.addEventListener("click", () => void (document.querySelector("krabice-chat") as Chat | null)?.open());

export {};
