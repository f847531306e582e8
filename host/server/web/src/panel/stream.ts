// The stream of a session's events: server-sent events read by `fetch`, because
// an `EventSource` cannot carry a token in a header. It connects again for ever.

import type { Api, ChatEvent, Key, Waits } from "./api.ts";
import { retryAfter } from "./api.ts";
import { delay } from "./dom.ts";

export interface Listener {
  /** An event, perhaps for the second time. */
  event(event: ChatEvent): void;
  waits(waits: Waits): void;
  /** A call is under way. */
  working(): void;
  /** Whether the stream stands. */
  connected(connected: boolean): void;
  /** The server knows no such session. */
  gone(): void;
  /** The number of the newest event that is known. */
  last(): number;
}

/** The first pause before connecting again; each further one is twice as long. */
const FIRST_MS = 500;
/** The longest pause: a server that comes back after a night is noticed within it. */
const LONGEST_MS = 30_000;
/** The server sends something each 15 seconds; after three silent spans the connection is dead. */
const SILENCE_MS = 45_000;
/** A connection that stood so long was a good one: pauses start from the first again. */
const GOOD_MS = 5_000;

/** The pause after so many failures: half of it fixed and half by chance, so that not all customers come back at once. */
export function pause(failures: number, chance = Math.random()): number {
  const whole = Math.min(FIRST_MS * 2 ** Math.min(failures, 10), LONGEST_MS);
  return whole / 2 + (whole / 2) * chance;
}

export class Stream {
  #stop: AbortController | undefined;
  #wake: AbortController | undefined;

  constructor(readonly api: Api, readonly key: Key, readonly listener: Listener) {}

  /** Connects, where it does not already. */
  start(): void {
    if (this.#stop) return;
    this.#stop = new AbortController();
    void this.#run(this.#stop.signal);
  }

  stop(): void {
    this.#stop?.abort();
    this.#stop = undefined;
  }

  /** Ends a pause: the machine is connected again. */
  wake(): void {
    this.#wake?.abort();
  }

  async #run(stop: AbortSignal): Promise<void> {
    let failures = 0;
    while (!stop.aborted) {
      const since = Date.now();
      const once = new AbortController();
      const abort = () => once.abort();
      stop.addEventListener("abort", abort, { once: true });
      let wait: number | undefined;
      try {
        const response = await this.api.stream(this.key, this.listener.last(), once.signal);
        if (response.status === 404 && !stop.aborted) return this.listener.gone();
        wait = retryAfter(response);
        if (response.ok && response.body) {
          this.listener.connected(true);
          await this.#read(response.body, once);
        }
      } catch {
        // Every kind of failure means the same: connect again.
      }
      once.abort();
      stop.removeEventListener("abort", abort);
      if (stop.aborted) return;
      this.listener.connected(false);
      failures = Date.now() - since > GOOD_MS ? 0 : failures + 1;
      this.#wake = new AbortController();
      const wake = this.#wake;
      stop.addEventListener("abort", () => wake.abort(), { once: true });
      await delay(Math.max(pause(Math.max(failures - 1, 0)), (wait ?? 0) * 1000), wake.signal);
    }
  }

  async #read(body: ReadableStream<Uint8Array>, once: AbortController): Promise<void> {
    const reader = body.getReader();
    const decoder = new TextDecoder();
    const parser = new Parser((name, data) => this.#take(name, data));
    let timer = 0;
    try {
      for (;;) {
        clearTimeout(timer);
        timer = setTimeout(() => once.abort(), SILENCE_MS) as unknown as number;
        const { done, value } = await reader.read();
        if (done) return;
        parser.feed(decoder.decode(value, { stream: true }));
      }
    } finally {
      clearTimeout(timer);
    }
  }

  #take(name: string, data: string): void {
    if (name === "working") return this.listener.working();
    if (name !== "chat" && name !== "waits") return;
    const value = JSON.parse(data) as ChatEvent & Waits;
    if (name === "chat") this.listener.event(value);
    else this.listener.waits(value);
  }
}

/** Reads the lines of server-sent events. The number of an event is in its data; fields that are not needed are passed over. */
export class Parser {
  #rest = "";
  #name = "";
  #data: string[] = [];

  constructor(readonly take: (name: string, data: string) => void) {}

  feed(text: string): void {
    // A carriage return at the end may be half of a line's end: it waits for what follows.
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#line(line);
  }

  #line(line: string): void {
    if (line === "") {
      if (this.#name || this.#data.length > 0) this.take(this.#name || "message", this.#data.join("\n"));
      this.#name = "";
      this.#data = [];
      return;
    }
    const [, field, value = ""] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
    if (field === "event") this.#name = value;
    else if (field === "data") this.#data.push(value);
  }
}
