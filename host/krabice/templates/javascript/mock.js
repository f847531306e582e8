// The mock back end: a loyalty club in memory, with one card.
//
// `node mock.js` runs it until Ctrl-C; `node mock.js COMMAND...` for as long as the command runs.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

// As in `connections.toml`.
const HOST = '127.0.0.1';
const PORT = 8099;
const KEY = readFileSync(new URL('mock/key', import.meta.url), 'utf8').trim();

const points = new Map([['ada@example.com', 240]]);
// The voucher made for each idempotency key.
const vouchers = new Map();

function answer(request, body) {
  if (request.headers['x-api-key'] !== KEY) return [401, { error: 'who are you?' }];
  const [, version, things, email, what] = request.url.split('/').map(decodeURIComponent);
  if (version !== 'v1') return [404, { error: 'no such path' }];
  if (things === 'club') return [200, { name: 'Club of the mock' }];
  if (!points.has(email)) return [404, { error: 'no such card' }];
  const has = points.get(email);
  if (request.method === 'GET') return [200, { points: has, value: (has / 10).toFixed(2), currency: 'EUR' }];
  if (what === 'vouchers') return redeem(email, has, request, JSON.parse(body));
  return [404, { error: 'no such path' }];
}

function redeem(email, has, request, body) {
  const key = request.headers['idempotency-key'];
  if (!vouchers.has(key)) {
    if (!(body.points >= 1 && body.points <= has)) return [409, { error: 'too few points' }];
    points.set(email, has - body.points);
    vouchers.set(key, `GIFT-${vouchers.size + 1}`);
  }
  return [201, { code: vouchers.get(key) }];
}

const server = createServer(async (request, response) => {
  let body = '';
  for await (const part of request) body += part;
  const [status, content] = answer(request, body);
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
});

server.listen(PORT, HOST, () => {
  const [command, ...rest] = process.argv.slice(2);
  if (!command) {
    console.log(`the mock back end listens on http://${HOST}:${PORT}/v1`);
    return;
  }
  const child = spawn(command, rest, { stdio: 'inherit' });
  child.on('error', (error) => {
    console.error(error.message);
    process.exit(1);
  });
  child.on('exit', (code) => process.exit(code ?? 1));
});
