// What the mock server speaks: an order's state, a question of each kind, and enough text to scroll.

const EMAIL = /^\S+@\S+\.\S+$/;

const orderStatus = {
  title: { cs: "Stav objednávky", en: "Order status" },
  languages: ["cs", "en"],
  inputs: ["campaign"],
  start: "order",
  boxes: {
    order: {
      type: "answer", expect: "order-number", fits: /\d/, next: "email",
      text: { cs: "Napište prosím číslo objednávky.", en: "Please type your order number." },
      reask: { cs: "To nevypadá jako číslo objednávky. Najdete ho v potvrzovacím e-mailu.", en: "This does not look like an order number. You will find it in the confirmation e-mail." },
    },
    email: {
      type: "answer", expect: "email", fits: EMAIL, hidden: true, next: "load",
      text: { cs: "A e-mail, na který jste objednávali?", en: "And the e-mail you ordered with?" },
    },
    load: { type: "call", next: "state" },
    state: { type: "message", next: "items", text: { cs: "Objednávka <<order>>: Odeslaná. Je zaplacená.", en: "Order <<order>>: sent. It is paid." } },
    items: {
      type: "message", next: "label",
      text: { cs: "Zásilka je na cestě: https://tracking.example.cz/parcel?id=DR0123456789X", en: "The parcel is on its way: https://tracking.example.cz/parcel?id=DR0123456789X" },
    },
    label: { type: "file", next: "more", name: "faktura-2026-0147.pdf", mediaType: "application/pdf", content: "%PDF-1.4 an invoice" },
    more: {
      type: "buttons", text: { cs: "Mohu ještě s něčím pomoci?", en: "Can I help with anything else?" },
      buttons: [
        ["again", { cs: "Jiná objednávka", en: "Another order" }, "order"],
        ["person", { cs: "Spojit s člověkem", en: "Talk to a person" }, "operator"],
        ["no", { cs: "Ne, děkuji", en: "No, thank you" }, "bye"],
      ],
    },
    operator: { type: "handover", text: { cs: "Předávám vás člověku.", en: "I am handing you to a person." } },
    bye: { type: "end", text: { cs: "Hezký den!", en: "Have a nice day!" } },
  },
};

const KINDS = ["text", "order-number", "email", "phone", "number", "date", "choice", "pattern"];
const everyKind = {
  title: { en: "A question of each kind", cs: "Otázka každého druhu" },
  languages: ["en", "cs"],
  start: KINDS[0],
  boxes: {
    ...Object.fromEntries(KINDS.map((expect, index) => [expect, {
      type: "answer", expect, text: `Please answer: ${expect}`, next: KINDS[index + 1] ?? "bye",
      ...(expect === "choice" && { choices: Array.from({ length: 9 }, (_, n) => [`c${n}`, `Choice ${n}`, "pattern"]) }),
    }])),
    bye: { type: "end", text: "Done." },
  },
};

const chatty = {
  title: { en: "A long conversation" },
  languages: ["en"],
  start: "ask",
  boxes: {
    ask: { type: "answer", expect: "text", text: "Say something.", next: "m0" },
    ...Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`m${n}`, { type: "message", text: `Line ${n} of many.`, next: n < 39 ? `m${n + 1}` : "ask" }])),
  },
};

export const SCENARIOS = { "order-status": orderStatus, "every-kind": everyKind, chatty };
