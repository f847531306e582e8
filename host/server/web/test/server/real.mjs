// The real thing for the browser tests: the bundled back ends and `krabice serve` as processes,
// with a folder of their own that goes when they do.

import { spawn, spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../../../../..");
/** The folder of the two binaries: where `cargo test` leaves them, if nothing else is said. */
const BIN = process.env.KRABICE_BIN ?? resolve(ROOT, process.env.CARGO_TARGET_DIR ?? "target", "debug");
/** A start may compile the plugins first, on a machine that is busy. */
const START_MS = 300_000;
/** A server that stops lets running turns end. */
const STOP_MS = 60_000;

/** Whatever still runs when this process ends is ended with it, and its folder taken away. */
const running = new Set();
const folders = new Set();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

/** Starts a program and waits for its first line, which is JSON. */
async function launch(name, args, stdin = "ignore") {
  const child = spawn(join(BIN, name), args, { stdio: [stdin, "pipe", "pipe"], env: { ...process.env, NO_COLOR: "1" } });
  running.add(child);
  child.ended = new Promise((resolve) => child.on("exit", (code, signal) => { running.delete(child); resolve({ code, signal }); }));
  child.said = "";
  child.stderr.on("data", (text) => { child.said += text; });
  const line = new Promise((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (more) => {
      text += more;
      if (text.includes("\n")) resolve(JSON.parse(text.slice(0, text.indexOf("\n"))));
    });
    child.on("error", (error) => reject(new Error(`${join(BIN, name)} cannot be started: ${error.message}; set KRABICE_BIN to the folder of the binaries`)));
    void child.ended.then(({ code }) => reject(new Error(`${name} ended with ${code} before it was ready:\n${child.said}`)));
    setTimeout(() => reject(new Error(`${name} is not ready after ${START_MS} ms:\n${child.said}`)), START_MS).unref();
  });
  return { child, line: await line };
}

export class Real {
  /** Addresses of the back ends by their names: `address`, and `control`. */
  backEnds;
  /** The address of the server, which stays the same when it starts again. */
  base;
  scenarios;

  /** `origins` by scenario, as in the server's configuration; `more` are scenario files besides the published ones; `signed` has the secret and the origins of a shop's server. */
  static async start({ origins = {}, more = [], signed } = {}) {
    const real = new Real();
    real.folder = await mkdtemp(join(tmpdir(), "krabice-browser-"));
    folders.add(real.folder);
    try {
      const connections = join(real.folder, "connections.toml");
      // They end with this process, whatever becomes of it.
      const emulators = await launch("krabice-emulators", ["--write-connections", connections, "--until-stdin-closes"], "pipe");
      real.emulators = emulators.child;
      real.backEnds = emulators.line;
      const scenarios = join(real.folder, "scenarios");
      await cp(join(ROOT, "scenarios"), scenarios, { recursive: true });
      for (const file of more) await cp(file, join(scenarios, file.split("/").pop()));
      if (signed) await writeFile(join(real.folder, "shop.key"), signed.secret);
      // One machine is all customers here; attempts in one session are limited as they always are.
      await writeFile(join(real.folder, "serve.toml"), [
        "[limits]", "sessions-per-minute = 100000", "requests-per-minute = 1000000", "answers-per-minute = 1000",
        "[attempts]", "per-prefix = 100000", "per-network = 100000", "slow-down = \"0s\"",
        "[origins]", ...Object.entries(origins).map(([scenario, sites]) => `${scenario} = ${JSON.stringify(sites)}`),
        ...signed ? ["[signed.shop]", `keys = [${JSON.stringify(join(real.folder, "shop.key"))}]`, `origins = ${JSON.stringify(signed.origins)}`] : [], "",
      ].join("\n"));
      await real.serve();
      return real;
    } catch (error) {
      await real.end();
      throw error;
    }
  }

  get store() {
    return join(this.folder, "chat.db");
  }

  /** Starts the server, on the address of before if it had one. */
  async serve() {
    const { child, line } = await launch("krabice", [
      "serve", "--demo", "--json", "--listen", this.base ? new URL(this.base).host : "127.0.0.1:0", "--config", join(this.folder, "serve.toml"),
      "--scenarios", join(this.folder, "scenarios"), "--plugins", join(ROOT, "target/plugins"),
      "--connections", join(this.folder, "connections.toml"), "--store", `sqlite:${this.store}`,
    ]);
    this.server = child;
    this.base = line.address;
    this.scenarios = line.scenarios;
  }

  /** The power fails. */
  async kill() {
    this.server.kill("SIGKILL");
    await this.server.ended;
  }

  /** Asks the server to stop; resolves with its exit code when it has. */
  async stop() {
    return stopped(this.server);
  }

  /** The back ends are gone. */
  async unplug() {
    await stopped(this.emulators);
  }

  /** Stops everything that runs and takes the folder away. */
  async end() {
    for (const child of [this.server, this.emulators]) if (child && running.has(child)) await stopped(child);
    this.reader?.end();
    await rm(this.folder, { recursive: true, force: true });
    folders.delete(this.folder);
  }

  async control(backEnd, method, path, body) {
    const response = await fetch(this.backEnds[backEnd].control + path, { method, body: body && JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} of ${backEnd}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  /** Every back end as it was at the start. */
  async reset() {
    for (const backEnd of Object.keys(this.backEnds)) await this.control(backEnd, "POST", "/reset");
  }

  /** What the back ends complain about. */
  async violations() {
    const all = await Promise.all(Object.keys(this.backEnds).map((backEnd) => this.control(backEnd, "GET", "/violations")));
    return all.flat();
  }

  /** Every secret of the connections. */
  async credentials() {
    const folder = join(this.folder, "secrets");
    const files = await readdir(folder);
    return Promise.all(files.map(async (file) => (await readFile(join(folder, file), "utf8")).trim()));
  }

  /** The stored state of a session, hidden values included; null where there is no such session. */
  async state(session) {
    this.reader ??= reader(this.store);
    return JSON.parse(await this.reader.read(session));
  }

  /** Runs the same answers in the terminal; the files that are given there, by name. */
  async inTerminal(scenario, language, answers) {
    const folder = await mkdtemp(join(this.folder, "terminal-"));
    await writeFile(join(folder, "answers"), `${answers.join("\n")}\n`);
    const { status, stderr } = spawnSync(join(BIN, "krabice"), [
      "run", join(this.folder, "scenarios", `${scenario}.json`), "--language", language, "--answers", join(folder, "answers"), "--files", join(folder, "files"),
    ], { encoding: "utf8", env: { ...process.env, KRABICE_CONNECTIONS: join(this.folder, "connections.toml"), KRABICE_PLUGINS: join(ROOT, "target/plugins") } });
    if (status !== 0) throw new Error(`krabice run ended with ${status}: ${stderr}`);
    const files = await readdir(join(folder, "files")).catch(() => []);
    return Object.fromEntries(await Promise.all(files.map(async (name) => [name, await readFile(join(folder, "files", name))])));
  }
}

/** One program that reads the stored states of sessions, a line for each: Node 20 has no SQLite of its own. */
function reader(store) {
  const program = "import sqlite3,sys\nfor line in sys.stdin:\n db=sqlite3.connect('file:'+sys.argv[1]+'?mode=ro',uri=True); row=db.execute('SELECT state FROM sessions WHERE id=?',[line.strip()]).fetchone(); print(row[0] if row else 'null',flush=True); db.close()";
  const child = spawn("python3", ["-c", program, store], { stdio: ["pipe", "pipe", "inherit"] });
  running.add(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const read = async (session) => {
    child.stdin.write(`${session}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error("the store cannot be read");
    return value;
  };
  const end = () => { running.delete(child); child.kill(); };
  return { read, end };
}

async function stopped(child) {
  child.stdin?.end();
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  const { code } = await child.ended;
  clearTimeout(late);
  return code;
}
