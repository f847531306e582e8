// The page of one scenario, `/chat/NAME?lang=cs&campaign=spring`: the chat in its
// place on the page. What stands after `?` besides `lang` and `embed` are the scenario's
// inputs. `embed` is the origin of a shop's page that has this one in an iframe.

import type { Report, Settings } from "./frame/words.ts";
import { asOrder, COLOURS } from "./frame/words.ts";

type Chat = HTMLElement & { open(): void; close(): void; setLanguage(tag: string): void };

const { lang, embed, ...inputs } = Object.fromEntries(new URLSearchParams(location.search));
const scenario = decodeURIComponent(location.pathname.split("/").pop() ?? "");

/** The chat in its place; `more` are attributes besides the settings. */
function put(settings: Settings, ...more: string[]): Chat {
  const chat = document.createElement("krabice-chat") as Chat;
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
  // A page has one main part, and around a frame that is the shop's.
  if (more.includes("framed")) main?.replaceWith(chat);
  else main?.append(chat);
  return chat;
}

/** Does what the page around says, and tells it what happened, but not a word of what was said. */
function obey(origin: string): void {
  let chat: Chat | undefined;
  // What the page around does it need not be told of; by then it may want otherwise.
  let ordered = false;
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
    if (order.do === "speak") return chat?.setLanguage(order.language);
    if (!chat) {
      chat = order.focus ? put(order, "framed") : put(order, "framed", "open");
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

// An opaque origin, or one that is not written as browsers do, cannot be spoken to.
if (embed === undefined || parent === window) put({ language: lang ?? navigator.language, inputs: JSON.stringify(inputs), theme: "", privacy: "", colours: {} }, "open");
else if (URL.canParse(embed) && new URL(embed).origin === embed) obey(embed);
