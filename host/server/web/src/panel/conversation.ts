// One customer's conversation, whatever it looks like: begins or goes on with a
// session, sends answers until the server has them, and hears what is new.

import type { Api, ChatEvent, Content, Key, Opened, Turn, Waits } from "./api.ts";
import { Refusal } from "./api.ts";
import { delay } from "./dom.ts";
import type { Store, Unsent } from "./store.ts";
import { pause, Stream } from "./stream.ts";

/** Why there is no conversation. */
export type Trouble = "unreachable" | "busy" | "no-scenario" | "gone" | "erased";

/** What shows a conversation. */
export interface View {
  /** An empty transcript. */
  clear(): void;
  /** A session, before its events. */
  opened(opened: Opened): void;
  /** An event that was not shown yet. `live` is false for what is restored. */
  add(event: ChatEvent, live: boolean): void;
  /** An answer on its way, as a bubble after everything else. */
  sending(unsent: Unsent): void;
  /** It did not arrive. `final` where trying again cannot help. */
  failed(unsent: Unsent, final: boolean): void;
  /** It arrived and is this event; undefined where the event stands there already. */
  arrived(unsent: Unsent, event: ChatEvent | undefined): void;
  waits(waits: Waits): void;
  working(working: boolean): void;
  connected(connected: boolean): void;
  trouble(trouble: Trouble | undefined): void;
}

export interface Options { scenario: string; inputs: Record<string, string>; language: () => string }

/** Attempts before a customer is told that an answer did not arrive. */
const ATTEMPTS = 3;
/** How long a turn of another tab may hold an answer back. */
const TURN_MS = 60_000;
/** A hidden tab gives its connection back after so long: a browser has six of them. */
const HIDDEN_MS = 30_000;
/** A connection that is back so soon was never missed. */
const UNNOTICED_MS = 1_500;
/** What stands for an answer that went into a hidden variable. */
const DOTS = "•••";

export class Conversation {
  #events = new Map<number, ChatEvent>();
  #waits: Waits = { for: "call" };
  #stream: Stream | undefined;
  #unsent: Unsent | undefined;
  #failed = false;
  /** Whether the stream has brought what is on its way. */
  #heard = false;
  /** Raised with each new session, so that what belongs to an old one is dropped. */
  #era = 0;
  #done = new AbortController();
  #noticed = 0;
  #hidden = 0;
  #opening = false;

  constructor(readonly api: Api, readonly store: Store, readonly view: View, readonly options: Options) {
    const { signal } = this.#done;
    const on = (target: EventTarget, name: string, listen: () => void) => target.addEventListener(name, listen, { signal });
    on(window, "online", () => { this.#stream?.wake(); this.retry(); });
    on(window, "pagehide", () => this.#stream?.stop());
    on(window, "pageshow", () => this.#listen());
    on(document, "visibilitychange", () => {
      clearTimeout(this.#hidden);
      if (document.hidden) this.#hidden = setTimeout(() => this.#stream?.stop(), HIDDEN_MS) as unknown as number;
      else this.#listen();
    });
  }

  get key(): Key | undefined {
    return this.store.key;
  }

  get waiting(): boolean {
    return this.#waits.for === "answer" || this.#waits.for === "button";
  }

  /** Whether an answer is on its way. */
  get sending(): boolean {
    return this.#unsent !== undefined;
  }

  get #last(): number {
    return Math.max(0, ...this.#events.keys());
  }

  /** Every event so far, in order. */
  get events(): ChatEvent[] {
    return [...this.#events.values()].sort((a, b) => a.n - b.n);
  }

  /** Goes on with the session of this tab, else with another tab's, else begins one. Tries for ever while the server is away. */
  async open(tabs = true): Promise<void> {
    if (this.#opening || this.#stream) return;
    this.#opening = true;
    const era = ++this.#era;
    this.view.working(true);
    for (let failures = 0; ; failures++) {
      let known: Key | undefined;
      try {
        known = this.store.key ?? (tabs ? await this.store.fromTabs() : undefined);
        if (era !== this.#era) return;
        const opened = known ? await this.api.read(known) : await this.#begin();
        if (era !== this.#era) return;
        const key = known ?? opened as Opened & Key;
        if (this.store.key?.session !== key.session) this.store.keep(key, !known);
        this.#opening = false;
        return this.#adopt(opened, known !== undefined);
      } catch (error) {
        if (era !== this.#era) return;
        const refusal = error as Refusal;
        // The session was erased or is too old: this page begins another.
        if (refusal.status === 404 && known) {
          this.store.forget();
          tabs = false;
          continue;
        }
        if (!refusal.passing) {
          this.#opening = false;
          this.view.working(false);
          return this.view.trouble(refusal.status === 404 ? "no-scenario" : "unreachable");
        }
        this.view.trouble(refusal.status === 0 ? "unreachable" : "busy");
        await this.#rest(Math.max(pause(failures), (refusal.seconds ?? 0) * 1000));
        if (era !== this.#era) return;
      }
    }
  }

  /** Sends an answer. False where none can be sent now. `shown` is how it stands in the transcript. */
  send(content: Content, shown: string): boolean {
    if (this.#unsent || !this.waiting || !this.key) return false;
    this.#deliver({ id: messageId(), content, shown, after: this.#last });
    return true;
  }

  /** Sends an answer that did not arrive once more, under the same id. */
  retry(): void {
    if (this.#unsent && this.#failed) this.#deliver(this.#unsent);
  }

  /** Ends the session. */
  async end(): Promise<void> {
    const { key } = this;
    const era = this.#era;
    if (!key || this.#waits.for === "nothing") return;
    try {
      const turn = await this.api.end(key);
      if (era === this.#era) this.#take(turn);
    } catch (error) {
      if (era !== this.#era) return;
      const { status } = error as Refusal;
      if (status === 404) this.#gone();
      else if (status > 0 && status !== 503) await this.#refresh();
      else this.view.connected(false);
    }
  }

  /** Leaves the session and begins another. */
  async restart(): Promise<void> {
    const { key } = this;
    if (key && this.#waits.for !== "nothing") void this.api.end(key).catch(() => {});
    this.#leave();
    this.store.forget();
    await this.open(false);
  }

  /** Goes on with a session that another tab has begun. */
  async follow(key: Key): Promise<void> {
    this.#leave();
    this.store.keep(key);
    await this.open();
  }

  /** Erases the session, on the server and here. False where the server could not be asked. */
  async erase(): Promise<boolean> {
    const { key } = this;
    if (!key) return true;
    try {
      await this.api.erase(key);
    } catch (error) {
      // A session that is not there is erased.
      if ((error as Refusal).status !== 404) return false;
    }
    if (this.key?.session === key.session) this.#gone("erased");
    return true;
  }

  close(): void {
    this.#era++;
    this.#done.abort();
    this.#stream?.stop();
    clearTimeout(this.#hidden);
    clearTimeout(this.#noticed);
    this.store.close();
  }

  /** A session begun now, whose tabs are told only once it is kept. */
  #begin(): Promise<Opened & Key> {
    return this.api.start(this.options.scenario, this.options.language(), this.options.inputs);
  }

  #leave(): void {
    this.#era++;
    this.#opening = false;
    this.#stream?.stop();
    this.#stream = undefined;
    this.#unsent = undefined;
    this.#failed = this.#heard = false;
    this.#events.clear();
    this.#waits = { for: "call" };
    clearTimeout(this.#noticed);
    this.view.connected(true);
    this.view.clear();
  }

  #adopt(opened: Opened, restored: boolean): void {
    this.view.trouble(undefined);
    this.view.opened(opened);
    for (const event of opened.events) this.#hear(event, !restored);
    this.#await(opened.waits);
    const key = this.key as Key;
    const era = this.#era;
    const ours = <A extends unknown[]>(heard: (...values: A) => void) => (...values: A) => {
      if (era === this.#era) heard(...values);
    };
    this.#stream = new Stream(this.api, key, {
      event: ours((event) => this.#hear(event, true)),
      waits: ours((waits) => this.#await(waits)),
      working: ours(() => this.view.working(true)),
      connected: ours((connected) => this.#connection(connected)),
      gone: ours(() => this.#gone()),
      last: () => this.#last,
    });
    this.#listen();
    const { unsent } = this.store;
    if (unsent?.after === this.#last && this.waiting) this.#deliver(unsent);
    else this.store.keepUnsent(undefined);
  }

  /** The stream stands while there is something to hear and somebody to see it. */
  #listen(): void {
    if (this.#waits.for === "nothing") this.#stream?.stop();
    else if (!document.hidden) this.#stream?.start();
  }

  #connection(connected: boolean): void {
    clearTimeout(this.#noticed);
    if (connected) {
      this.view.connected(true);
      return this.retry();
    }
    this.#noticed = setTimeout(() => this.view.connected(false), UNNOTICED_MS) as unknown as number;
  }

  #hear(event: ChatEvent, live: boolean): void {
    if (this.#events.has(event.n)) return;
    this.#events.set(event.n, event);
    const unsent = this.#unsent;
    if (event.kind === "said" && live && unsent && !this.#heard && (event.text === unsent.shown || event.text === DOTS)) {
      this.#heard = true;
      return this.view.arrived(unsent, event);
    }
    this.view.add(event, live);
  }

  #await(waits: Waits): void {
    this.#waits = waits;
    // The stream has brought the whole turn: whether its acknowledgement still comes does not matter.
    if (this.#heard && waits.for !== "call") this.#sent();
    this.view.working(waits.for === "call" || (this.#unsent !== undefined && !this.#failed));
    this.view.waits(waits);
    if (waits.for === "nothing") {
      clearTimeout(this.#noticed);
      this.view.connected(true);
    }
    this.#listen();
  }

  #take(turn: Turn): void {
    for (const event of turn.events) this.#hear(event, true);
    this.#await(turn.waits);
  }

  #gone(trouble: Trouble = "gone"): void {
    this.#leave();
    this.store.forget();
    this.view.working(false);
    this.view.trouble(trouble);
  }

  /** Asks the server how the session stands. */
  async #refresh(): Promise<void> {
    const era = this.#era;
    const opened = await this.api.read(this.key as Key).catch(() => undefined);
    if (opened && era === this.#era) this.#take(opened);
  }

  async #deliver(unsent: Unsent): Promise<void> {
    const era = this.#era;
    const since = Date.now();
    this.#unsent = unsent;
    this.#failed = false;
    this.store.keepUnsent(unsent);
    if (!this.#heard) this.view.sending(unsent);
    this.view.working(true);
    for (let attempt = 0; ; attempt++) {
      try {
        // Another tab has answered meanwhile: what was meant for one question must not answer the next.
        if (!this.#heard && this.#last > unsent.after) throw new Refusal(409, "answered");
        const turn = await this.api.answer(this.key as Key, unsent.id, unsent.content, unsent.after);
        if (era === this.#era) this.#settle(unsent, turn);
        return;
      } catch (error) {
        if (era !== this.#era || this.#unsent !== unsent) return;
        const refusal = error as Refusal;
        if (refusal.status === 404) return this.#gone();
        const held = refusal.code === "turn-under-way" && Date.now() - since < TURN_MS;
        if (!refusal.passing || (!held && attempt + 1 >= ATTEMPTS)) return this.#fail(unsent, refusal);
        await this.#rest(Math.max(pause(held ? 0 : attempt), (refusal.seconds ?? 0) * 1000));
        if (era !== this.#era || this.#unsent !== unsent) return;
      }
    }
  }

  /** The server has answered: the bubble becomes its event, if the stream has not made it so. */
  #settle(unsent: Unsent, turn: Turn): void {
    if (this.#unsent === unsent) {
      const said = turn.events.find((event) => event.kind === "said");
      const fresh = said && !this.#events.has(said.n) ? said : undefined;
      if (fresh) this.#events.set(fresh.n, fresh);
      if (!this.#heard) this.view.arrived(unsent, fresh);
      this.#sent();
    }
    this.#take(turn);
  }

  #sent(): void {
    this.#unsent = undefined;
    this.#failed = this.#heard = false;
    this.store.keepUnsent(undefined);
  }

  async #fail(unsent: Unsent, refusal: Refusal): Promise<void> {
    this.#failed = true;
    this.view.working(this.#waits.for === "call");
    this.view.failed(unsent, !refusal.passing);
    if (refusal.passing) return;
    // The server will never take it: the customer may write another.
    this.#sent();
    await this.#refresh();
  }

  /** A pause that ends early when the machine is connected again. */
  #rest(milliseconds: number): Promise<void> {
    const early = new AbortController();
    const wake = () => early.abort();
    window.addEventListener("online", wake, { once: true, signal: this.#done.signal });
    return delay(milliseconds, early.signal).then(() => window.removeEventListener("online", wake));
  }
}

/** An id of 128 random bits. `randomUUID` is missing where a page is not encrypted. */
function messageId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
