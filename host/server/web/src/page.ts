// The page of one scenario, `/chat/NAME?lang=cs&campaign=spring`, which consists of the chat. The query
// parameters are the scenario's inputs, except `lang` and `embed`. `embed` is the origin of the shop's page
// that shows this page in an iframe.

import type { Report, Settings } from "./frame/words.ts";
import { asOrder, COLOURS } from "./frame/words.ts";
import { address } from "./panel/dom.ts";

type Chat = HTMLElement & { open(): void; close(): void; setLanguage(tag: string): void; token(give: () => Promise<string>): void };

const { lang, embed, ...inputs } = Object.fromEntries(new URLSearchParams(location.search));
const scenario = decodeURIComponent(location.pathname.split("/").pop() ?? "");

/** Adds the chat to the page. `give` gives a token with signed inputs; `more` are attributes in addition to the settings. */
function addChat(settings: Settings, give: (() => Promise<string>) | undefined, ...more: string[]): Chat {
  const chat = document.createElement("krabice-chat") as Chat;
  if (give) chat.token(give);
  const { language, theme, privacy } = settings;
  for (const [name, value] of Object.entries({ scenario, lang: language, inputs: settings.inputs, theme, privacy })) chat.setAttribute(name, value);
  for (const name of ["page", ...more]) chat.setAttribute(name, "");
  document.documentElement.lang = language;
  chat.addEventListener("krabice:start", (event) => {
    const { title, language } = (event as CustomEvent<{ title: string; language: string }>).detail;
    document.title = title;
    document.documentElement.lang = language;
  });
  const main = document.querySelector("main");
  // A page may have one `main` element only; in an iframe, the shop's page has it.
  if (more.includes("framed")) main?.replaceWith(chat);
  else main?.append(chat);
  return chat;
}

/** Follows the orders of the page around this iframe, and reports to it what happens, but no text of the conversation. */
function obey(origin: string): void {
  let chat: Chat | undefined;
  // What happens on an order is not reported: by then the page around may want something else.
  let ordered = false;
  /** Those who wait for a token of the shop's page. */
  const given: ((token: string) => void)[] = [];
  const tell = (report: Report) => parent.postMessage(report, origin);
  addEventListener("message", ({ source, origin: from, data }: MessageEvent<unknown>) => {
    const order = source === parent && from === origin && asOrder(data);
    if (!order) return;
    if (order.do === "hide") {
      ordered = true;
      chat?.close();
      ordered = false;
      return;
    }
    if (order.do === "token") return given.splice(0).forEach((give) => give(order.token));
    if (order.do === "speak") return chat?.setLanguage(order.language);
    if (!chat) {
      // The element asks for a token when it opens, which "open" does at once.
      const give = order.signed ? () => new Promise<string>((resolve) => {
        given.push(resolve);
        tell({ krabice: 1, say: "token", text: "" });
      }) : undefined;
      chat = order.focus ? addChat(order, give, "framed") : addChat(order, give, "framed", "open");
      for (const name of ["open", "close", "start", "message", "end"] as const) {
        chat.addEventListener(`krabice:${name}`, (event) => {
          const { title, kind, reason } = (event as CustomEvent<Record<string, string>>).detail;
          if (!ordered) tell({ krabice: 1, say: name, text: { start: title, message: kind, end: reason, open: "", close: "" }[name] ?? "" });
        });
      }
    }
    for (const name of COLOURS) if (CSS.supports("color", order.colours[name] ?? "")) chat.style.setProperty(name, order.colours[name] as string);
    if (order.focus) chat.open();
  });
  tell({ krabice: 1, say: "ready", text: "" });
}

// Messages cannot be sent to an opaque origin, or to one in another form than browsers write it.
if (embed === undefined || parent === window) addChat({ language: lang ?? navigator.language, inputs: JSON.stringify(inputs), theme: "", privacy: "", colours: {}, signed: false }, undefined, "open");
else if (address(embed)?.origin === embed) obey(embed);
