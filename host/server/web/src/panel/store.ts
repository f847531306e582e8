// Where a session's key is kept: in this tab's storage, for as long as the tab
// lives. Another tab of the same site gets it by asking this one.

import type { Content, Key } from "./api.ts";

/** An answer that the server has not confirmed. `after` is the number of the newest event when it was given. */
export interface Unsent { id: string; content: Content; shown: string; after: number }

interface Kept extends Key { unsent?: Unsent }

/** How long another tab may take to say that it has a session. */
const ASK_MS = 150;

type Message = { ask: true } | { have: Key } | { use: Key };

export class Store {
  readonly #name: string;
  readonly #channel: BroadcastChannel | undefined;
  #kept: Kept | undefined;

  /** `use` is told of a session that another tab has begun instead of this one's. */
  constructor(base: string, scenario: string, use: (key: Key) => void) {
    this.#name = `krabice:${base}:${scenario}`;
    try {
      this.#kept = JSON.parse(sessionStorage.getItem(this.#name) ?? "null") ?? undefined;
    } catch {
      // Storage is forbidden or holds nonsense: the session lives in memory alone.
    }
    if (typeof BroadcastChannel === "undefined") return;
    this.#channel = new BroadcastChannel(this.#name);
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => {
      if ("ask" in data && this.#kept) this.#say({ have: this.key as Key });
      if ("use" in data && this.#kept && this.#kept.session !== data.use.session) use(data.use);
    };
  }

  get key(): Key | undefined {
    return this.#kept && { session: this.#kept.session, token: this.#kept.token };
  }

  get unsent(): Unsent | undefined {
    return this.#kept?.unsent;
  }

  /** Keeps a session's key; `begun` tells the other tabs to go on with it. */
  keep(key: Key, begun = false): void {
    this.#kept = { session: key.session, token: key.token };
    this.#write();
    if (begun) this.#say({ use: this.key as Key });
  }

  keepUnsent(unsent: Unsent | undefined): void {
    if (!this.#kept) return;
    if (unsent) this.#kept.unsent = unsent;
    else delete this.#kept.unsent;
    this.#write();
  }

  forget(): void {
    this.#kept = undefined;
    this.#write();
  }

  /** The key that another tab has, if one does. */
  fromTabs(): Promise<Key | undefined> {
    const channel = this.#channel;
    if (!channel) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(undefined), ASK_MS);
      channel.addEventListener("message", ({ data }: MessageEvent<Message>) => {
        if (!("have" in data)) return;
        clearTimeout(timer);
        resolve(data.have);
      });
      this.#say({ ask: true });
    });
  }

  close(): void {
    this.#channel?.close();
  }

  #say(message: Message): void {
    this.#channel?.postMessage(message);
  }

  #write(): void {
    try {
      if (this.#kept) sessionStorage.setItem(this.#name, JSON.stringify(this.#kept));
      else sessionStorage.removeItem(this.#name);
    } catch {
      // As above.
    }
  }
}
