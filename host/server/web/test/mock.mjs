// A server of the chat's API for the browser tests: in memory, in this process,
// strict about what it is asked. What a test wants to go wrong it says by `on`.

import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { SCENARIOS } from "./scenarios.mjs";

const DIST = join(dirname(fileURLToPath(import.meta.url)), "..", "dist");
const TYPES = { ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8" };
export const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
  + "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
const LONGEST_BODY = 64 * 1024;
const HEARTBEAT_MS = 15_000;
const DOTS = "•••";

const digest = (token) => createHash("sha256").update(token).digest("hex");
const random = (bytes) => randomBytes(bytes).toString("base64url");

class Problem extends Error {
  constructor(status, code, retryAfter) {
    super(code);
    Object.assign(this, { status, code, retryAfter });
  }
}

export class Mock {
  /** What a test does before a request is served: `answer`, `start`, `read`, `events`, `call`, `file`, `export`, `erase`. It may wait, throw a Problem, or return `"cut"`. */
  on = {};
  /** What a test does after an answer was taken and before it is told: `"cut"` loses the telling. */
  after = {};
  scenarios = { ...SCENARIOS };
  origins = [];
  requests = [];
  sessions = new Map();
  #server;
  #sockets = new Set();
  port = 0;

  static async start(settings = {}) {
    const mock = Object.assign(new Mock(), settings);
    await mock.listen();
    return mock;
  }

  get base() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Serves, on the port of before if there was one. */
  async listen() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    await new Promise((resolve) => this.#server.listen(this.port, "127.0.0.1", resolve));
    this.port = this.#server.address().port;
  }

  /** Dies as a killed process does: every connection is cut. The sessions stay, as in a store. */
  async stop() {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.cut();
    await closed;
    for (const session of this.sessions.values()) session.listeners.clear();
  }

  cut() {
    for (const socket of this.#sockets) socket.destroy();
  }

  async #serve(request, response) {
    const { pathname, searchParams } = new URL(request.url, this.base);
    this.requests.push(`${request.method} ${pathname}`);
    const { origin } = request.headers;
    try {
      if (!pathname.startsWith("/api/v1/")) return await this.#page(pathname, searchParams.get("embed"), response);
      response.setHeader("Vary", "Origin");
      response.setHeader("Cache-Control", "no-store");
      response.setHeader("X-Content-Type-Options", "nosniff");
      if (origin && this.origins.includes(origin)) {
        response.setHeader("Access-Control-Allow-Origin", origin);
        response.setHeader("Access-Control-Expose-Headers", "Retry-After");
      }
      if (request.method === "OPTIONS") {
        if (origin && this.origins.includes(origin)) {
          response.setHeader("Access-Control-Allow-Methods", "GET, POST, DELETE");
          response.setHeader("Access-Control-Allow-Headers", "Authorization, Content-Type, Last-Event-ID");
        }
        return response.writeHead(204).end();
      }
      if (origin && origin !== this.base && !this.origins.includes(origin)) throw new Problem(403, "origin-refused");
      await this.#api(request, response, pathname.slice("/api/v1/".length).split("/"));
    } catch (problem) {
      if (!(problem instanceof Problem)) console.error(problem);
      const { status = 500, code = "fault", retryAfter } = problem;
      if (pathname.startsWith("/api/v1/scenarios/")) response.setHeader("Access-Control-Allow-Origin", "*");
      if (retryAfter !== undefined) response.setHeader("Retry-After", retryAfter);
      json(response, status, { type: "about:blank", title: code, status, code }, "application/problem+json");
    }
  }

  async #page(path, embed, response) {
    if (path === "/") return json(response, 200, Object.entries(this.scenarios).map(([name, { title, languages }]) => ({ name, title: title[languages[0]], languages })));
    const admitted = embed === null || embed === this.base || this.origins.includes(embed);
    const file = path === "/widget.js" ? "widget.js" : /^\/chat\/[^/]+$/.test(path) ? admitted ? "chat.html" : "not-set-up.html"
      : path === "/demo/" ? "demo/index.html" : /^\/(?:assets|demo)\/[\w.-]+$/.test(path) ? normalize(path.slice(1)) : undefined;
    const body = file && await readFile(join(DIST, file)).catch(() => undefined);
    if (!body) throw new Problem(404, "not-found");
    const headers = { "Content-Type": TYPES[extname(file)], "X-Content-Type-Options": "nosniff", "Access-Control-Allow-Origin": "*" };
    if (file.endsWith(".html")) headers["Content-Security-Policy"] = `${POLICY}; frame-ancestors ${file === "not-set-up.html" ? "*" : file === "chat.html" && this.origins.join(" ") || "'none'"}`;
    response.writeHead(admitted ? 200 : 403, headers).end(body);
  }

  async #api(request, response, [collection, id, ...rest]) {
    const resource = `${request.method} ${rest[0] ?? ""}`;
    if (collection === "scenarios" && request.method === "GET" && id && rest.length === 0) {
      const scenario = Object.hasOwn(this.scenarios, id) && this.scenarios[id];
      if (!scenario) throw new Problem(404, "not-found");
      return json(response, 200, { name: id, title: scenario.title, languages: scenario.languages });
    }
    if (collection !== "sessions") throw new Problem(404, "not-found");
    if (!id && request.method === "POST") {
      if (await this.on.start?.() === "cut") return response.destroy();
      return json(response, 201, await this.#begin(await body(request, ["scenario", "language", "inputs"])));
    }
    const session = this.sessions.get(id ?? "");
    const token = /^Bearer ([\w-]+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
    if (!session || session.token !== digest(token)) throw new Problem(404, "not-found");
    if (resource === "GET " && rest.length === 0) {
      if (await this.on.read?.() === "cut") return response.destroy();
      return json(response, 200, { ...session.opened, events: session.events, waits: session.waits, variables: {} });
    }
    if (resource === "POST answers") {
      const content = await body(request, ["id", "text", "press", "after"]);
      if (await this.on.answer?.(content) === "cut") return response.destroy();
      const turn = await this.#answer(session, content);
      if (await this.after.answer?.(content) === "cut") return response.destroy();
      return json(response, 200, turn);
    }
    if (resource === "GET events") return this.#events(session, request, response);
    if (resource === "GET files") {
      const event = session.events.find((event) => event.kind === "file" && String(event.n) === rest[1]);
      if (!event) throw new Problem(404, "not-found");
      if (await this.on.file?.() === "cut") return response.destroy();
      response.writeHead(200, { "Content-Type": event["media-type"], "Content-Disposition": "attachment" });
      return response.end(session.files.get(event.n));
    }
    if (resource === "POST end") {
      const events = session.waits.for === "nothing" ? [] : [this.#tell(session, { kind: "end" })];
      this.#wait(session, { for: "nothing", reason: "end" });
      return json(response, 200, { events, waits: session.waits });
    }
    if (resource === "GET export") {
      if (await this.on.export?.() === "cut") return response.destroy();
      const { session: name, language } = session.opened;
      return json(response, 200, { session: name, language, events: session.events, variables: {} });
    }
    if (resource === "DELETE ") {
      if (await this.on.erase?.() === "cut") return response.destroy();
      for (const listener of session.listeners) listener.end();
      this.sessions.delete(id);
      return response.writeHead(204).end();
    }
    throw new Problem(404, "not-found");
  }

  async #begin({ scenario: name, language, inputs = {} }) {
    const scenario = typeof name === "string" && Object.hasOwn(this.scenarios, name) && this.scenarios[name];
    if (!scenario) throw new Problem(404, "not-found");
    if (Object.keys(inputs).some((input) => !(scenario.inputs ?? []).includes(input))) throw new Problem(400, "bad-request");
    const spoken = scenario.languages.find((tag) => tag === language?.split("-")[0]) ?? scenario.languages[0];
    const token = random(32);
    const id = `s_${random(12)}`;
    const opened = { session: id, language: spoken, title: scenario.title[spoken] ?? name };
    const session = {
      opened, token: digest(token), scenario, events: [], waits: { for: "call" }, box: scenario.start, answers: new Map(), files: new Map(), listeners: new Set(), busy: false, variables: {},
    };
    this.sessions.set(id, session);
    await this.#walk(session);
    return { ...opened, token, events: session.events, waits: session.waits };
  }

  async #answer(session, { id, text, press, after }) {
    if (typeof id !== "string" || !/^[\x21-\x7e]{1,64}$/.test(id) || (text === undefined) === (press === undefined)) throw new Problem(400, "bad-request");
    if (typeof (text ?? press) !== "string") throw new Problem(400, "bad-request");
    const content = JSON.stringify([text, press]);
    const known = session.answers.get(id);
    if (known && known.content !== content) throw new Problem(409, "idempotency-conflict");
    if (known?.turn) return known.turn;
    if (session.busy) throw new Problem(409, "turn-under-way", 1);
    if (session.waits.for === "nothing") throw new Problem(422, "not-waiting");
    if (after !== undefined && after !== session.events.length) throw new Problem(409, "behind");
    session.busy = true;
    session.answers.set(id, { content });
    const from = session.events.length;
    const box = session.scenario.boxes[session.box];
    const offers = box.buttons ?? box.choices ?? [];
    const offer = offers.find(([value, label]) => press === undefined ? this.#words(session, label) === text : value === press);
    if (press !== undefined && !offer) {
      session.busy = false;
      session.answers.delete(id);
      throw new Problem(400, "bad-request");
    }
    const said = offer ? this.#words(session, offer[1]) : text;
    this.#tell(session, { kind: "said", text: box.hidden ? DOTS : said });
    const fits = offers.length > 0 ? offer !== undefined : (box.fits ?? /\S/).test(text);
    if (fits) {
      session.variables[session.box] = offer?.[0] ?? text;
      session.box = offer?.[2] ?? box.next;
      this.#wait(session, { for: "call" });
      await this.#walk(session);
    } else {
      this.#ask(session, box, true);
    }
    session.busy = false;
    const turn = { events: session.events.slice(from), waits: session.waits };
    session.answers.set(id, { content, turn });
    return turn;
  }

  async #walk(session) {
    for (;;) {
      const box = session.scenario.boxes[session.box];
      if (box.type === "answer" || box.type === "buttons") return this.#ask(session, box, false);
      if (box.type === "end" || box.type === "handover") {
        this.#tell(session, { kind: box.type, ...(box.text && { text: this.#words(session, box.text) }) });
        return this.#wait(session, { for: "nothing", reason: box.type });
      }
      if (box.type === "call") {
        this.#send(session, "event: working\n\n");
        await this.on.call?.(session);
      } else if (box.type === "file") {
        const { n } = this.#tell(session, { kind: "file", "name": box.name, "media-type": box.mediaType, "size": Buffer.byteLength(box.content) });
        session.events.at(-1).href = `/api/v1/sessions/${session.opened.session}/files/${n}`;
        session.files.set(n, box.content);
      } else {
        this.#tell(session, { kind: "message", text: this.#words(session, box.text) });
      }
      session.box = box.next;
    }
  }

  #ask(session, box, again) {
    const offers = (box.buttons ?? box.choices)?.map(([id, label]) => ({ id, label: this.#words(session, label) }));
    const text = this.#words(session, again && box.reask ? box.reask : box.text);
    if (box.type === "buttons") {
      this.#tell(session, { kind: "buttons", text, buttons: offers, again });
      return this.#wait(session, { for: "button", buttons: offers });
    }
    this.#tell(session, { kind: "ask", text, expect: box.expect, again, ...(offers && { choices: offers }) });
    this.#wait(session, { for: "answer", expect: box.expect, ...(offers && { choices: offers }) });
  }

  #words(session, text) {
    const words = typeof text === "string" ? text : text[session.opened.language];
    return words.replace(/<<(\S+?)>>/g, (_, name) => session.variables[name] ?? "");
  }

  #tell(session, event) {
    const told = { n: session.events.length + 1, at: new Date().toISOString(), ...event };
    session.events.push(told);
    this.#send(session, frame(told));
    return told;
  }

  #wait(session, waits) {
    session.waits = waits;
    this.#send(session, `event: waits\ndata: ${JSON.stringify(waits)}\n\n`);
  }

  #send(session, text) {
    for (const listener of session.listeners) listener.write(text);
  }

  async #events(session, request, response) {
    if (await this.on.events?.() === "cut") return response.destroy();
    if (request.headers.accept !== "text/event-stream") throw new Problem(400, "bad-request");
    const last = Number(request.headers["last-event-id"] ?? 0);
    if (!Number.isInteger(last) || last < 0) throw new Problem(400, "bad-request");
    response.writeHead(200, { "Content-Type": "text/event-stream", "X-Accel-Buffering": "no" });
    response.write("retry: 1000\n\n");
    for (const event of session.events.filter(({ n }) => n > last)) response.write(frame(event));
    response.write(`event: waits\ndata: ${JSON.stringify(session.waits)}\n\n`);
    session.listeners.add(response);
    const beat = setInterval(() => response.write(": still here\n\n"), HEARTBEAT_MS);
    response.on("close", () => {
      clearInterval(beat);
      session.listeners.delete(response);
    });
  }
}

const frame = (event) => `id: ${event.n}\nevent: chat\ndata: ${JSON.stringify(event)}\n\n`;

function json(response, status, value, type = "application/json") {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { "Content-Type": type }).end(JSON.stringify(value));
}

/** A JSON body with these keys and no others. */
async function body(request, keys) {
  if (!/^application\/json\b/.test(request.headers["content-type"] ?? "")) throw new Problem(400, "bad-request");
  const chunks = [];
  for await (const chunk of request) {
    chunks.push(chunk);
    if (chunks.reduce((sum, { length }) => sum + length, 0) > LONGEST_BODY) throw new Problem(413, "too-large");
  }
  try {
    const value = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    if (Object.keys(value).every((key) => keys.includes(key))) return value;
  } catch {
    // Refused below.
  }
  throw new Problem(400, "bad-request");
}

export { Problem };
