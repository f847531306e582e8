// A customer's conversation, without its appearance: starts or resumes a session, sends answers until the
// server has them, and receives events.

import type { Answered, Api, ChatEvent, Content, Opened, SessionKey, Waits } from "./api.ts";
import { ApiError } from "./api.ts";
import { delay } from "./dom.ts";
import type { SessionStore, Unsent } from "./session-store.ts";
import { pause, Stream } from "./stream.ts";

/** Why the conversation cannot be shown or continued. */
export type Trouble = "unreachable" | "busy" | "no-scenario" | "gone" | "erased";

/** What displays a conversation. */
export interface View {
  /** Empties the transcript. */
  clear(): void;
  /** A session was started or resumed; its events follow. */
  opened(opened: Opened): void;
  /** A new event. `live` is false for the events of a resumed session. */
  add(event: ChatEvent, live: boolean): void;
  /** An answer is being sent. */
  sending(unsent: Unsent): void;
  /** The answer could not be sent. `final` means that another attempt cannot help. */
  failed(unsent: Unsent, final: boolean): void;
  /** The answer has arrived as this event; `undefined` if the event was added already. */
  arrived(unsent: Unsent, event: ChatEvent | undefined): void;
  waits(waits: Waits): void;
  working(working: boolean): void;
  connected(connected: boolean): void;
  trouble(trouble: Trouble | undefined): void;
}

export interface Options { scenario: string; inputs: Record<string, string>; language: () => string; token: () => Promise<string | undefined> }

/** The number of attempts to send an answer before the customer is told that it failed. */
const ATTEMPTS = 3;
/** How long an answer waits for another tab's turn to end. */
const TURN_MS = 60_000;
/** The time after which a hidden tab closes its connection, because a browser has only six to a server. */
const HIDDEN_MS = 30_000;
/** The customer is not told of a lost connection that is back within this time. */
const UNNOTICED_MS = 1_500;
/** The text of an answer that was saved in a hidden variable. */
const DOTS = "•••";

export class Conversation {
  #events = new Map<number, ChatEvent>();
  #waits: Waits = { for: "call" };
  #stream: Stream | undefined;
  #unsent: Unsent | undefined;
  #failed = false;
  /** Whether the stream has delivered the event of the answer that is being sent. */
  #heard = false;
  /** The number of the current session at this page. Results that belong to an earlier one are dropped. */
  #era = 0;
  #done = new AbortController();
  #noticed = 0;
  #hidden = 0;
  #opening = false;

  constructor(readonly api: Api, readonly store: SessionStore, readonly view: View, readonly options: Options) {
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

  get key(): SessionKey | undefined {
    return this.store.key;
  }

  get waiting(): boolean {
    return this.#waits.for === "answer" || this.#waits.for === "button";
  }

  /** Whether an answer is being sent. */
  get sending(): boolean {
    return this.#unsent !== undefined;
  }

  get #last(): number {
    return Math.max(0, ...this.#events.keys());
  }

  /** All events so far, in order. */
  get events(): ChatEvent[] {
    return [...this.#events.values()].sort((a, b) => a.n - b.n);
  }

  /** Resumes the session of this tab or of another tab, or starts one. Tries for ever while the server is unavailable. */
  async open(tabs = true): Promise<void> {
    if (this.#opening || this.#stream) return;
    this.#opening = true;
    const era = ++this.#era;
    this.view.working(true);
    for (let failures = 0; ; failures++) {
      let known: SessionKey | undefined;
      try {
        known = this.store.key ?? (tabs ? await this.store.fromTabs() : undefined);
        if (era !== this.#era) return;
        const opened = known ? await this.api.read(known) : await this.#begin();
        if (era !== this.#era) return;
        const key = known ?? opened as Opened & SessionKey;
        if (this.store.key?.session !== key.session) this.store.keep(key, !known);
        this.#opening = false;
        return this.#adopt(opened, known !== undefined);
      } catch (error) {
        if (era !== this.#era) return;
        let failure = error as ApiError;
        // A browser does not let a site read why it is refused, except by this request.
        if (failure.code === "unreachable") {
          const reason = await this.api.refusal(this.options.scenario);
          if (era !== this.#era) return;
          if (!known || reason.code === "origin-refused") failure = reason;
        }
        // The session was erased, so start another.
        if (failure.status === 404 && known) {
          this.store.forget();
          tabs = false;
          continue;
        }
        if (!failure.passing) {
          this.#opening = false;
          this.view.working(false);
          const missing = failure.status === 404 || failure.code === "origin-refused";
          if (missing) console.error(`Krabice: ${failure.code}: check data-scenario "${this.options.scenario}", and [origins] of the server for ${location.origin}`);
          return this.view.trouble(missing ? "no-scenario" : "unreachable");
        }
        this.view.trouble(failure.status === 0 ? "unreachable" : "busy");
        await this.#rest(Math.max(pause(failures), (failure.seconds ?? 0) * 1000));
        if (era !== this.#era) return;
      }
    }
  }

  /** Sends an answer. Returns false if none can be sent now. `shown` is its text in the transcript. */
  send(content: Content, shown: string): boolean {
    if (this.#unsent || !this.waiting || !this.key) return false;
    this.#deliver({ id: messageId(), content, shown, after: this.#last });
    return true;
  }

  /** Sends the answer that failed again, under the same id. */
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
      const { status } = error as ApiError;
      if (status === 404) this.#gone();
      else if (status > 0 && status !== 503) await this.#refresh();
      else this.view.connected(false);
    }
  }

  /** Leaves the session and starts another. */
  async restart(): Promise<void> {
    const { key } = this;
    if (key && this.#waits.for !== "nothing") void this.api.end(key).catch(() => {});
    this.#leave();
    this.store.forget();
    await this.open(false);
  }

  /** Switches to a session that another tab has started. */
  async follow(key: SessionKey): Promise<void> {
    this.#leave();
    this.store.keep(key);
    await this.open();
  }

  /** Erases the session, at the server and here. Returns false if the server could not be reached. */
  async erase(): Promise<boolean> {
    const { key } = this;
    if (!key) return true;
    try {
      await this.api.erase(key);
    } catch (error) {
      // A session that does not exist has been erased already.
      if ((error as ApiError).status !== 404) return false;
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

  /** Starts a session. The other tabs are told when it is stored. */
  async #begin(): Promise<Opened & SessionKey> {
    const { scenario, language, inputs } = this.options;
    const token = await this.options.token().catch(() => { throw new ApiError(0, "token"); });
    return this.api.start(scenario, language(), inputs, token);
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
    this.#unbroken();
    this.view.clear();
  }

  #adopt(opened: Opened, restored: boolean): void {
    this.view.trouble(undefined);
    this.view.opened(opened);
    for (const event of opened.events) this.#hear(event, !restored);
    this.#await(opened.waits);
    const key = this.key as SessionKey;
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

  /** Connects the stream unless the session is finished or the page is hidden. */
  #listen(): void {
    if (this.#waits.for === "nothing") this.#stream?.stop();
    else if (!document.hidden) this.#stream?.start();
  }

  #connection(connected: boolean): void {
    if (connected) {
      this.#unbroken();
      return this.retry();
    }
    // Each failed attempt to reconnect is told here, too. The time runs from the first.
    this.#noticed ||= setTimeout(() => this.view.connected(false), UNNOTICED_MS) as unknown as number;
  }

  /** The connection is there, or is not needed any more. */
  #unbroken(): void {
    clearTimeout(this.#noticed);
    this.#noticed = 0;
    this.view.connected(true);
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
    // The stream has delivered the whole turn, so the response to the answer is not needed any more.
    if (this.#heard && waits.for !== "call") this.#sent();
    this.view.working(waits.for === "call" || (this.#unsent !== undefined && !this.#failed));
    this.view.waits(waits);
    if (waits.for === "nothing") this.#unbroken();
    this.#listen();
  }

  #take(turn: Answered): void {
    for (const event of turn.events) this.#hear(event, true);
    this.#await(turn.waits);
  }

  #gone(trouble: Trouble = "gone"): void {
    this.#leave();
    this.store.forget();
    this.view.working(false);
    this.view.trouble(trouble);
  }

  /** Reads the session from the server again. */
  async #refresh(): Promise<void> {
    const era = this.#era;
    const opened = await this.api.read(this.key as SessionKey).catch(() => undefined);
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
        // If another tab has answered meanwhile, this answer must not answer the next question.
        if (!this.#heard && this.#last > unsent.after) throw new ApiError(409, "answered");
        const turn = await this.api.answer(this.key as SessionKey, unsent.id, unsent.content, unsent.after);
        if (era === this.#era) this.#settle(unsent, turn);
        return;
      } catch (error) {
        if (era !== this.#era || this.#unsent !== unsent) return;
        const failure = error as ApiError;
        if (failure.status === 404) return this.#gone();
        const held = failure.code === "turn-under-way" && Date.now() - since < TURN_MS;
        if (!failure.passing || (!held && attempt + 1 >= ATTEMPTS)) return this.#fail(unsent, failure);
        await this.#rest(Math.max(pause(held ? 0 : attempt), (failure.seconds ?? 0) * 1000));
        if (era !== this.#era || this.#unsent !== unsent) return;
      }
    }
  }

  /** Handles the server's response: the answer becomes its event, unless the stream has done so already. */
  #settle(unsent: Unsent, turn: Answered): void {
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

  async #fail(unsent: Unsent, failure: ApiError): Promise<void> {
    this.#failed = true;
    this.view.working(this.#waits.for === "call");
    this.view.failed(unsent, !failure.passing);
    if (failure.passing) return;
    // The server will never accept this answer, so the customer may write another.
    this.#sent();
    await this.#refresh();
  }

  /** Waits, but no longer than until the machine is online again. */
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
