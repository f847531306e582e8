// The page of one scenario, `/chat/NAME?lang=cs&campaign=spring`: the chat in its
// place on the page. What stands after `?` besides `lang` are the scenario's inputs.

const { lang, ...inputs } = Object.fromEntries(new URLSearchParams(location.search));
const scenario = decodeURIComponent(location.pathname.split("/").pop() ?? "");
const chat = document.createElement("krabice-chat");
const language = lang ?? navigator.language;
chat.setAttribute("scenario", scenario);
chat.setAttribute("lang", language);
chat.setAttribute("inputs", JSON.stringify(inputs));
chat.setAttribute("open", "");
chat.setAttribute("page", "");
document.documentElement.lang = language;
chat.addEventListener("krabice:start", (event) => {
  const { title, language } = (event as CustomEvent<{ title: string; language: string }>).detail;
  document.title = title;
  document.documentElement.lang = language;
});
document.querySelector("main")?.append(chat);

export {};
