// The server's API as this page uses it. A bearer token goes in a header, never
// in an address, and no cookie is sent.

/** A button, or a choice. */
export interface Offer { id: string; label: string }

/** What an answer must look like. */
export type Expect = "text" | "order-number" | "email" | "phone" | "number" | "date" | "choice" | "pattern";

/** One line of a transcript, numbered from 1. */
export interface ChatEvent {
  n: number;
  at: string;
  kind: "said" | "message" | "ask" | "buttons" | "handover" | "end" | "file";
  text?: string;
  expect?: Expect;
  choices?: Offer[];
  buttons?: Offer[];
  again?: boolean;
  name?: string;
  "media-type"?: string;
  size?: number;
  href?: string;
}

/** What a session waits for. */
export interface Waits {
  for: "answer" | "button" | "nothing" | "call";
  expect?: Expect;
  choices?: Offer[];
  buttons?: Offer[];
  reason?: "end" | "handover" | "fault";
}

/** A session's id, which is no authority, and the token, which is. */
export interface Key { session: string; token: string }

export interface Turn { events: ChatEvent[]; waits: Waits }
export interface Opened extends Turn { session: string; language: string; title: string }

/** What a customer answers: typed text, or the id of a button or a choice. */
export type Content = { text: string } | { press: string };

/** A refusal. `status` 0 means that no answer came. */
export class Refusal extends Error {
  constructor(readonly status: number, readonly code: string, readonly seconds?: number) {
    super(code);
  }

  /** Whether the same request may succeed later. */
  get passing(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500 || this.code === "turn-under-way";
  }
}

/** How long an answer may take. The server's own limits are shorter; this ends a connection that is dead. */
const PATIENCE_MS = 120_000;

/** The seconds of a `Retry-After`. */
export function retryAfter(response: Response): number | undefined {
  const seconds = Number(response.headers.get("Retry-After") ?? NaN);
  return seconds >= 0 ? Math.min(seconds, 300) : undefined;
}

export class Api {
  readonly #root: string;

  /** `base` is the server's address with a slash at its end. */
  constructor(base: string) {
    this.#root = `${base}api/v1/`;
  }

  start(scenario: string, language: string, inputs: Record<string, string>): Promise<Opened & Key> {
    return this.#json("POST", "sessions", undefined, { scenario, language, inputs });
  }

  read(key: Key): Promise<Opened> {
    return this.#json("GET", this.#path(key), key);
  }

  /** `after` is the number of the newest event that the customer had seen. */
  answer(key: Key, id: string, content: Content, after: number): Promise<Turn> {
    return this.#json("POST", this.#path(key, "/answers"), key, { id, after, ...content });
  }

  end(key: Key): Promise<Turn> {
    return this.#json("POST", this.#path(key, "/end"), key);
  }

  /** Everything of the session that its customer may have. */
  export(key: Key): Promise<object> {
    return this.#json("GET", this.#path(key, "/export"), key);
  }

  async erase(key: Key): Promise<void> {
    await this.#json("DELETE", this.#path(key), key);
  }

  /** The stream of events after `last`. */
  stream(key: Key, last: number, signal: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = { Accept: "text/event-stream" };
    if (last > 0) headers["Last-Event-ID"] = String(last);
    return this.#fetch("GET", this.#path(key, "/events"), key, { headers, signal });
  }

  /** The bytes of the file that event `n` offers. */
  async file(key: Key, n: number): Promise<Blob> {
    const response = await this.#fetch("GET", this.#path(key, `/files/${n}`), key, {});
    if (!response.ok) throw await refusal(response);
    return response.blob();
  }

  #path(key: Key, rest = ""): string {
    return `sessions/${encodeURIComponent(key.session)}${rest}`;
  }

  async #json<T>(method: string, path: string, key?: Key, body?: object): Promise<T> {
    const init: RequestInit = { signal: AbortSignal.timeout(PATIENCE_MS) };
    if (body) {
      init.headers = { "Content-Type": "application/json" };
      init.body = JSON.stringify(body);
    }
    try {
      const response = await this.#fetch(method, path, key, init);
      if (!response.ok) throw await refusal(response);
      return (response.status === 204 ? undefined : await response.json()) as T;
    } catch (error) {
      throw error instanceof Refusal ? error : new Refusal(0, "unreachable");
    }
  }

  #fetch(method: string, path: string, key: Key | undefined, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    if (key) headers.set("Authorization", `Bearer ${key.token}`);
    return fetch(this.#root + path, { ...init, method, headers, cache: "no-store", credentials: "omit", redirect: "error", referrerPolicy: "no-referrer" });
  }
}

async function refusal(response: Response): Promise<Refusal> {
  const problem = await response.json().catch(() => ({})) as { code?: string };
  return new Refusal(response.status, problem.code ?? "", retryAfter(response));
}
