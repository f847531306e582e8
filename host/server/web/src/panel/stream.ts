// The event stream of a session: server-sent events, read with `fetch` because an `EventSource` cannot
// send a token in a header. It reconnects for ever.

import type { Api, ChatEvent, SessionKey, Waits } from "./api.ts";
import { retryAfter } from "./api.ts";
import { delay } from "./dom.ts";

export interface Listener {
  /** An event. The same one may come twice. */
  event(event: ChatEvent): void;
  waits(waits: Waits): void;
  /** A call is under way. */
  working(): void;
  /** Whether the stream is connected. */
  connected(connected: boolean): void;
  /** The session does not exist. */
  gone(): void;
  /** The number of the newest known event. */
  last(): number;
}

/** The first pause before reconnecting. Each further pause is twice as long. */
const FIRST_MS = 500;
/** The longest pause, so that a server that was down for long is found soon after it is back. */
const LONGEST_MS = 30_000;
/** The longest silence. The server sends something every 15 seconds, so the connection is dead after three times that. */
const SILENCE_MS = 45_000;
/** A connection that lasted this long counts as good, and the pauses start again from the first. */
const GOOD_MS = 5_000;

/** The pause after some failures: half of it fixed and half random, so that not all customers reconnect at once. */
export function pause(failures: number, random = Math.random()): number {
  const whole = Math.min(FIRST_MS * 2 ** Math.min(failures, 10), LONGEST_MS);
  return whole / 2 + (whole / 2) * random;
}

export class Stream {
  #stop: AbortController | undefined;
  #wake: AbortController | undefined;

  constructor(readonly api: Api, readonly key: SessionKey, readonly listener: Listener) {}

  /** Connects, unless it is connected already. */
  start(): void {
    if (this.#stop) return;
    this.#stop = new AbortController();
    void this.#run(this.#stop.signal);
  }

  stop(): void {
    this.#stop?.abort();
    this.#stop = undefined;
  }

  /** Ends a pause, because the machine is online again. */
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
        // After any failure, reconnect.
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
    const value: unknown = JSON.parse(data);
    if (name === "chat") this.listener.event(value as ChatEvent);
    else this.listener.waits(value as Waits);
  }
}

/** Parses server-sent events. It ignores the field `id`, because the data contain the event's number. */
export class Parser {
  #rest = "";
  #name = "";
  #data: string[] = [];

  constructor(readonly take: (name: string, data: string) => void) {}

  feed(text: string): void {
    // A carriage return at the end may be the first half of a line end, so it waits for more text.
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
