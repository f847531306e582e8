// Answers to try in each example scenario, from customers of the bundled back ends. A test compares the names
// with the folder `scenarios/`.

import type { Tongue } from "./words.ts";

export interface Hint {
  about: Record<Tongue, string>;
  /** The systems that the scenario calls. */
  systems: string[];
  /** The answers, in order. */
  type: string[];
}

/** The hints, in the order of the cards. */
export const HINTS: Record<string, Hint> = {
  "order-status": {
    about: { cs: "Kde je objednávka, pro zákazníka, který zná její e-mail.", en: "Where an order is, for a customer who knows its e-mail." },
    systems: ["Upgates"], type: ["O260147", "petra.vlkova@example.cz"],
  },
  "invoice": {
    about: { cs: "Faktura ještě jednou, ke stažení z obchodu.", en: "The invoice once more, from the shop." },
    systems: ["Upgates"], type: ["O260147", "petra.vlkova@example.cz"],
  },
  "cancel-order": {
    about: { cs: "Zruší objednávku, když to zákazník dvakrát potvrdí.", en: "Cancels an order after asking twice." },
    systems: ["Upgates"], type: ["O260152", "petra.vlkova@example.cz"],
  },
  "note-to-shop": {
    about: { cs: "Vzkaz, který se obchodu zapíše k objednávce.", en: "A note that the shop finds beside the order." },
    systems: ["Upgates"], type: ["O260152", "petra.vlkova@example.cz", "Prosím zabalit jako dárek."],
  },
  "my-orders": {
    about: { cs: "Všechny objednávky zákazníka, který zná své číslo.", en: "All orders of a customer who knows their number." },
    systems: ["Upgates"], type: ["O260147", "42"],
  },
  "claim-status": {
    about: { cs: "Jak to vypadá s reklamací nebo vrácením.", en: "How a claim or a return is getting on." },
    systems: ["Retino"], type: ["O260163", "eva.horakova@example.cz"],
  },
  "withdraw-claim": {
    about: { cs: "Stáhne otevřenou reklamaci.", en: "Withdraws an open claim." },
    systems: ["Upgates", "Retino"], type: ["O260147", "petra.vlkova@example.cz"],
  },
  "parcel-and-claim": {
    about: { cs: "Objednávka, štítek zásilky a reklamace ze tří systémů v jednom rozhovoru.", en: "An order, the label of its parcel and its claim, from three systems in one conversation." },
    systems: ["Shoper", "Base", "Retino"], type: ["4821", "anna.zielinska@example.net"],
  },
  "return-label": {
    about: { cs: "Kde jsou zásilky, a štítek vratky jako soubor.", en: "Where the parcels are, and the label of the return as a file." },
    systems: ["Base"], type: ["4821", "anna.zielinska@example.net"],
  },
  "two-shops": {
    about: { cs: "Objednávka, která je v jednom ze dvou obchodů.", en: "An order that is in one of two shops." },
    systems: ["Shoper"], type: ["310", "anna.zielinska@example.net"],
  },
  "pohoda-invoice": {
    about: { cs: "Faktura z účetnictví jako PDF, nebo do e-mailu.", en: "The invoice from the books, as a PDF or by e-mail." },
    systems: ["POHODA"], type: ["ES-5501", "jana@example.com"],
  },
  "first": {
    about: { cs: "Deset řádků: nejmenší scénář, který se na něco ptá.", en: "Ten lines: the smallest scenario that asks for something." },
    systems: ["Upgates"], type: ["O260147"],
  },
};
