// The server's API. Types come from its published description. The bearer token is sent in a header,
// never in an address, and no cookie is sent.

import type { AnswerRequest, Answered, Choice, Event, Expect, ProblemDocument, Started, Waits } from "../api-types.ts";

export type { Answered, Choice, Expect, Waits };

/** One event of a transcript. Events are numbered from 1. */
export type ChatEvent = Event;

/** A session's name, and the token that opens it. */
export type SessionKey = Pick<Started, "session" | "token">;

/** A session that was started or resumed. */
export type Opened = Omit<Started, "token">;

/** A customer's answer: typed text, or the id of a button or a choice. */
export type Content = { [K in "text" | "press"]: { [_ in K]: NonNullable<AnswerRequest[K]> } }["text" | "press"];

/** The text of an event, if it has one. */
export const textOf = (event: ChatEvent) => event.kind === "file" ? undefined : event.text;

/** The buttons or choices of an event. */
export const choicesOf = (event: ChatEvent | undefined): Choice[] =>
  event?.kind === "buttons" ? event.buttons : event?.kind === "ask" ? event.choices ?? [] : [];

/** Whether an event repeats a question because the last answer did not fit. */
export const isAgain = (event: ChatEvent | undefined) => (event?.kind === "buttons" || event?.kind === "ask") && event.again;

/** An error response. `status` 0 means that there was no response. */
export class ApiError extends Error {
  constructor(readonly status: number, readonly code: string, readonly seconds?: number) {
    super(code);
  }

  /** Whether the same request may succeed later. */
  get passing(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500 || this.code === "turn-under-way";
  }
}

/** The timeout of a request. The server's own limits are shorter; this one ends a dead connection. */
const TIMEOUT_MS = 120_000;

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

  start(scenario: string, language: string, inputs: Record<string, string>, token?: string): Promise<Started> {
    return this.#json("POST", "sessions", undefined, { scenario, language, inputs, ...(token === undefined ? {} : { token }) });
  }

  /** Why this site may not use the scenario, which every site can read, unlike the answer to `start`. */
  refusal(scenario: string): Promise<ApiError> {
    return this.#json("GET", "scenarios/" + encodeURIComponent(scenario)).then(() => new ApiError(0, ""), (error) => error as ApiError);
  }

  read(key: SessionKey): Promise<Opened> {
    return this.#json("GET", this.#path(key), key);
  }

  /** `after` is the number of the newest event that the customer had seen. */
  answer(key: SessionKey, id: string, content: Content, after: number): Promise<Answered> {
    return this.#json("POST", this.#path(key, "/answers"), key, { id, after, ...content });
  }

  end(key: SessionKey): Promise<Answered> {
    return this.#json("POST", this.#path(key, "/end"), key);
  }

  /** All data of the session that its customer may have. */
  export(key: SessionKey): Promise<object> {
    return this.#json("GET", this.#path(key, "/export"), key);
  }

  async erase(key: SessionKey): Promise<void> {
    await this.#json("DELETE", this.#path(key), key);
  }

  /** The stream of events after `last`. */
  stream(key: SessionKey, last: number, signal: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = { Accept: "text/event-stream" };
    if (last > 0) headers["Last-Event-ID"] = String(last);
    return this.#fetch("GET", this.#path(key, "/events"), key, { headers, signal });
  }

  /** The content of the file that event `n` offers. */
  async file(key: SessionKey, n: number): Promise<Blob> {
    const response = await this.#fetch("GET", this.#path(key, `/files/${n}`), key, {});
    if (!response.ok) throw await apiError(response);
    return response.blob();
  }

  #path(key: SessionKey, rest = ""): string {
    return `sessions/${encodeURIComponent(key.session)}${rest}`;
  }

  async #json<T>(method: string, path: string, key?: SessionKey, body?: object): Promise<T> {
    const init: RequestInit = { signal: AbortSignal.timeout(TIMEOUT_MS) };
    if (body) {
      init.headers = { "Content-Type": "application/json" };
      init.body = JSON.stringify(body);
    }
    try {
      const response = await this.#fetch(method, path, key, init);
      if (!response.ok) throw await apiError(response);
      return (response.status === 204 ? undefined : await response.json()) as T;
    } catch (error) {
      throw error instanceof ApiError ? error : new ApiError(0, "unreachable");
    }
  }

  #fetch(method: string, path: string, key: SessionKey | undefined, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    if (key) headers.set("Authorization", `Bearer ${key.token}`);
    return fetch(this.#root + path, { ...init, method, headers, cache: "no-store", credentials: "omit", redirect: "error", referrerPolicy: "no-referrer" });
  }
}

/** The error of a response. A proxy's error page has no code. */
async function apiError(response: Response): Promise<ApiError> {
  const problem = await response.json().catch(() => ({})) as Partial<ProblemDocument>;
  return new ApiError(response.status, problem.code ?? "", retryAfter(response));
}
