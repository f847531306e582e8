// Stores the session's key in this tab's session storage, which ends with the tab. Other tabs of the same
// site get the key by asking this one.

import type { Content, SessionKey } from "./api.ts";

/** An answer that the server has not confirmed yet. `shown` is its text in the transcript, `after` the number of the newest event when it was given. */
export interface Unsent { id: string; content: Content; shown: string; after: number }

interface Stored extends SessionKey { unsent?: Unsent }

/** How long to wait for another tab's answer. */
const ASK_MS = 150;

/** What tabs send each other: a question for a session, the answer to it, and a new session that all tabs use. */
type Message = { ask: true } | { have: SessionKey } | { use: SessionKey };

export class SessionStore {
  readonly #name: string;
  readonly #channel: BroadcastChannel | undefined;
  #stored: Stored | undefined;

  /** `use` is called with a session that another tab has started in place of this tab's. */
  constructor(base: string, scenario: string, use: (key: SessionKey) => void) {
    this.#name = `krabice:${base}:${scenario}`;
    try {
      this.#stored = JSON.parse(sessionStorage.getItem(this.#name) ?? "null") ?? undefined;
    } catch {
      // Storage is forbidden or invalid, so the session is kept only in memory.
    }
    try {
      this.#channel = new BroadcastChannel(this.#name);
    } catch {
      // Firefox forbids it together with storage, so other tabs do not hear of this session.
      return;
    }
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => {
      if ("ask" in data && this.#stored) this.#post({ have: this.key as SessionKey });
      if ("use" in data && this.#stored && this.#stored.session !== data.use.session) use(data.use);
    };
  }

  get key(): SessionKey | undefined {
    return this.#stored && { session: this.#stored.session, token: this.#stored.token };
  }

  get unsent(): Unsent | undefined {
    return this.#stored?.unsent;
  }

  /** Stores a session's key. `started` tells the other tabs to use this session, too. */
  keep(key: SessionKey, started = false): void {
    this.#stored = { session: key.session, token: key.token };
    this.#write();
    if (started) this.#post({ use: this.key as SessionKey });
  }

  keepUnsent(unsent: Unsent | undefined): void {
    if (!this.#stored) return;
    if (unsent) this.#stored.unsent = unsent;
    else delete this.#stored.unsent;
    this.#write();
  }

  forget(): void {
    this.#stored = undefined;
    this.#write();
  }

  /** The key of another tab's session, if there is one. */
  fromTabs(): Promise<SessionKey | undefined> {
    const channel = this.#channel;
    if (!channel) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(undefined), ASK_MS);
      channel.addEventListener("message", ({ data }: MessageEvent<Message>) => {
        if (!("have" in data)) return;
        clearTimeout(timer);
        resolve(data.have);
      });
      this.#post({ ask: true });
    });
  }

  close(): void {
    this.#channel?.close();
  }

  #post(message: Message): void {
    this.#channel?.postMessage(message);
  }

  #write(): void {
    try {
      if (this.#stored) sessionStorage.setItem(this.#name, JSON.stringify(this.#stored));
      else sessionStorage.removeItem(this.#name);
    } catch {
      // Storage is forbidden, so the session is kept only in memory.
    }
  }
}
