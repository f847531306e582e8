// The mock back end: a loyalty club in memory, with one card.
//
// `node mock.js` runs it until Ctrl-C, at the address in `connections.toml`. `node mock.js COMMAND...`
// runs it on a free port while the command runs. The command uses this folder's plugins, and
// connections with that port, whatever the environment says.

import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

const HOST = '127.0.0.1';
// The port in `connections.toml`.
const PORT = 8099;
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const KEY = readFileSync(here('mock/key'), 'utf8').trim();

const points = new Map([['ada@example.com', 240]]);
const notes = new Map([['ada@example.com', 'Calls in the morning.']]);
const NUMBER = 'KC-0147';
// The voucher that was made for each idempotency key.
const vouchers = new Map();

/** A request that is invalid. */
class BadRequest extends Error {}

function answer({ method, headers, url }, body) {
  if (headers['x-api-key'] !== KEY) return [401, { error: 'who are you?' }];
  if (method === 'GET' && url === '/v1/club') return [200, { name: 'Club of the mock' }];
  const [, member, what = ''] = url.match(/^\/v1\/members\/([^/]+)(\/vouchers|\/note)?$/) ?? [];
  const isKnown = method === { '': 'GET', '/vouchers': 'POST', '/note': 'PUT' }[what];
  if (!member || !isKnown) return [404, { error: 'no such path' }];
  const email = decoded(member);
  if (!points.has(email)) return [404, { error: 'no such card' }];
  if (method === 'POST') return redeem(email, headers['idempotency-key'], body);
  if (method === 'PUT') return write(email, body);
  const has = points.get(email);
  const card = { points: has, value: (has / 10).toFixed(2), currency: 'EUR' };
  return [200, { ...card, number: NUMBER, note: notes.get(email) }];
}

function write(email, body) {
  const note = parsed(body)?.note;
  if (typeof note !== 'string') throw new BadRequest('the note is missing');
  notes.set(email, note);
  return [200, { note }];
}

function redeem(email, key, body) {
  const wanted = parsed(body)?.points;
  if (!key || !Number.isInteger(wanted)) throw new BadRequest('the key or the points are missing');
  if (!vouchers.has(key)) {
    if (wanted < 1 || wanted > points.get(email)) return [409, { error: 'too few points' }];
    points.set(email, points.get(email) - wanted);
    vouchers.set(key, `GIFT-${vouchers.size + 1}`);
  }
  return [201, { code: vouchers.get(key) }];
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new BadRequest('the path is not percent-encoded');
  }
}

function parsed(body) {
  try {
    return JSON.parse(body);
  } catch {
    throw new BadRequest('the body is not JSON');
  }
}

const server = createServer(async (request, response) => {
  let status;
  let content;
  try {
    let body = '';
    for await (const part of request) body += part;
    [status, content] = answer(request, body);
  } catch (error) {
    // Status 500 means a bug of the mock.
    [status, content] = [error instanceof BadRequest ? 400 : 500, { error: error.message }];
  }
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
});

/** Writes the connections file for a command, and returns its path. */
function writeConnections(port) {
  const file = here(`target/connections-${port}.toml`);
  const connections = readFileSync(here('connections.toml'), 'utf8')
    .replaceAll(`http://${HOST}:${PORT}/`, `http://${HOST}:${port}/`)
    .replaceAll('"mock/key"', '"../mock/key"');
  mkdirSync(here('target'), { recursive: true });
  writeFileSync(file, connections);
  return file;
}

function run(command, parameters) {
  const file = writeConnections(server.address().port);
  process.on('exit', () => rmSync(file, { force: true }));
  // Ctrl-C ends the command, and the mock ends after it.
  process.on('SIGINT', () => {});
  const env = { ...process.env, KRABICE_CONNECTIONS: file, KRABICE_PLUGINS: here('target/plugins') };
  const child = spawn(command, parameters, { stdio: 'inherit', env });
  child.on('error', (error) => {
    console.error(`mock: \`${command}\` could not be run: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code) => process.exit(code ?? 1));
}

const [command, ...parameters] = process.argv.slice(2);
server.on('error', (error) => {
  console.error(`mock: cannot listen on ${HOST}:${PORT}: ${error.message}; stop the program that uses the port, or change it in mock.js and connections.toml`);
  process.exit(1);
});
server.listen(command ? 0 : PORT, HOST, () => {
  if (command) run(command, parameters);
  else console.log(`the mock back end listens on http://${HOST}:${PORT}/v1`);
});
