// Everything that passes between a browser and a server, and the search for what must not.

import { connect, createServer } from "node:net";

/** A way to the server that keeps a copy of every byte. It goes on when the server was away. */
export async function recorder(target) {
  const { hostname, port } = new URL(target);
  const kept = { sent: [], received: [] };
  const sockets = new Set();
  const server = createServer((browser) => {
    const upstream = connect(Number(port), hostname);
    for (const [from, to, copies] of [[browser, upstream, kept.sent], [upstream, browser, kept.received]]) {
      sockets.add(from);
      from.on("data", (bytes) => { copies.push(bytes); to.write(bytes); });
      from.on("end", () => to.end());
      from.on("error", () => to.destroy());
      from.on("close", () => { sockets.delete(from); to.destroy(); });
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const text = (copies) => Buffer.concat(copies).toString("utf8");
  return {
    base: `http://127.0.0.1:${server.address().port}`,
    /** All that the server has said, also without the borders of its chunks, which could part a value. */
    get received() {
      const all = text(kept.received);
      return `${all}\n${all.replace(/\r\n[0-9a-f]+\r\n/g, "")}`;
    },
    /** The first lines and headers of all that the browser has asked. What a customer typed goes in bodies, and there alone. */
    get asked() {
      return text(kept.sent).split("\r\n\r\n").map((part) => part.slice(Math.max(0, part.search(/(?:GET|POST|DELETE|OPTIONS) \/\S* HTTP\/1\.1\r\n/)))).join("\n");
    },
    forget() {
      kept.sent.length = kept.received.length = 0;
    },
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    close: () => new Promise((resolve) => {
      for (const socket of sockets) socket.destroy();
      server.close(resolve);
    }),
  };
}

/** The usual spellings of a value, in small letters. */
export function spellings(value) {
  const bytes = Buffer.from(value, "utf8");
  const units = Array.from({ length: value.length }, (_, at) => value.charCodeAt(at));
  const escaped = (all) => units.map((unit) => (all || unit > 126 ? `\\u${unit.toString(16).padStart(4, "0")}` : String.fromCharCode(unit))).join("");
  const found = [
    value,
    encodeURIComponent(value),
    encodeURIComponent(value).replaceAll("%20", "+"),
    [...bytes].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""),
    value.replace(/[&<>"'@]/g, (letter) => `&#${letter.charCodeAt(0)};`),
    value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("\"", "&quot;"),
    [...value].map((letter) => `&#${letter.codePointAt(0)};`).join(""),
    JSON.stringify(value).slice(1, -1),
    escaped(false),
    escaped(true),
    [...value].reverse().join(""),
    bytes.toString("hex"),
  ];
  // In base64 a value stands at one of three places of a group; its ends mix with what is beside it.
  for (let before = 0; before < 3; before++) {
    const padded = Buffer.concat([Buffer.alloc(before), bytes]);
    const [first, last] = [Math.ceil((before * 8) / 6), Math.floor((padded.length * 8) / 6)];
    if (last - first < 6) continue;
    found.push(padded.toString("base64").slice(first, last), padded.toString("base64url").slice(first, last));
  }
  return [...new Set(found.map((spelling) => spelling.toLowerCase()))];
}

/** Which of the values occur in a text, as `value (spelling)`. */
export function leaks(text, values) {
  const low = text.toLowerCase();
  return values.flatMap((value) => spellings(value).filter((spelling) => low.includes(spelling)).map((spelling) => `${value} (${spelling})`));
}

/** The values of a session's hidden variables that no box has revealed. The words for truth stand in every answer. */
export function hidden(state) {
  const revealed = new Set(state.session.revealed);
  const found = new Set();
  const walk = (value) => {
    if (typeof value === "string" || typeof value === "number") {
      if (!revealed.has(String(value)) && !/^(?:true|false)$/.test(value)) found.add(String(value));
    } else if (value && typeof value === "object") {
      Object.values(value).forEach(walk);
    }
  };
  for (const frame of state.session.frames) {
    for (const variable of Object.values(frame.variables)) if (variable.hidden) walk(variable.value);
  }
  return [...found];
}
