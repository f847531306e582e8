// A plugin of Krabice: the loyalty points of a shop's customers.
//
// `load-points` reads from the back end, `redeem-points` writes to it. Put your own in their place.
// The files in `wit` tell what every type means; names with hyphens are written in camel case here.

import { send } from 'krabice:boxes/egress@0.1.0';

/** The deepest nesting of an answer that is read. */
const DEEPEST = 100;
const VERSION = '0.1.0';

// --- what the plugin says about itself

/** A text in English. Add an entry for each further language. */
const en = (text) => [{ language: 'en', text }];

const setting = (name, kind, label, help, secret = false) => ({
  name, kind, secret, required: true, default: undefined, choices: [], label: en(label), help: en(help),
});

const parameter = (name, kind, label, help, personal = false) => ({
  name, kind, items: undefined, label: en(label), help: en(help),
  required: true, default: undefined, choices: { tag: 'none' }, personal,
});

const field = (path, kind, label) => ({
  path, kind, items: undefined, optional: false, personal: false, choices: [], label: en(label), help: [],
});

const EMAIL = parameter('email', 'email', 'E-mail', 'The e-mail of the loyalty card.', true);

const MANIFEST = {
  name: 'my-plugin',
  version: VERSION,
  label: en('My plugin'),
  help: en("Loyalty points of a shop's customers."),
  settings: [
    setting('address', 'url', 'Address', 'Such as https://club.example.com/v1.'),
    setting('key', 'text', 'Key', "From the club's settings. The plugin never sees it.", true),
  ],
  address: 'address',
  authorisation: { tag: 'header', val: { name: 'X-Api-Key', prefix: '', setting: 'key' } },
  hosts: [],
  limits: { requestsAtOnce: undefined, requestsPerMinute: undefined, bucket: undefined },
  functions: [
    {
      name: 'load-points',
      label: en('Load points'),
      help: en('True with the points of a loyalty card; false when there is no such card.'),
      parameters: [EMAIL],
      answer: {
        tag: 'fields',
        val: [
          field('points', 'integer', 'Points'),
          field('value', 'decimal', 'Value of the points'),
          field('currency', 'text', 'Currency'),
        ],
      },
      effect: 'reads',
    },
    {
      name: 'redeem-points',
      label: en('Redeem points'),
      help: en('True with a voucher for the points; false when there are too few, or no such card.'),
      parameters: [EMAIL, parameter('points', 'integer', 'Points', 'How many points to turn into a voucher.')],
      answer: {
        tag: 'value',
        val: { kind: 'text', label: en('Code of the voucher'), help: [], personal: false },
      },
      // The back end knows the key of a call and makes one voucher for it, so the host may repeat
      // the request. Where yours does not, write `writes`.
      effect: 'writes-idempotently',
    },
  ],
};

// --- its functions

function loadPoints(call, { email }) {
  const card = ask('GET', `members/${segment('email', email)}`, { falseOn: [404] });
  if (card === undefined) return { tag: 'false' };
  return {
    tag: 'true-with-fields',
    val: [
      { name: 'points', value: { tag: 'integer', val: whole(card, 'points') } },
      { name: 'value', value: { tag: 'decimal', val: decimal(card, 'value') } },
      { name: 'currency', value: { tag: 'text', val: text(card, 'currency') } },
    ],
  };
}

function redeemPoints(call, { email, points }) {
  if (points < 1) throw new Failure('invalid-parameter', { name: 'points', detail: 'is less than 1' });
  const voucher = ask('POST', `members/${segment('email', email)}/vouchers`, {
    body: { points: Number(points) },
    headers: [['idempotency-key', call.key]],
    falseOn: [404, 409],
  });
  if (voucher === undefined) return { tag: 'false' };
  return { tag: 'true-with-value', val: { tag: 'text', val: text(voucher, 'code') } };
}

function probeClub() {
  return text(ask('GET', 'club'), 'name');
}

const FUNCTIONS = { 'load-points': loadPoints, 'redeem-points': redeemPoints };

// --- the back end

/** A failure of the contract, as the tool that builds the component wants it thrown. */
class Failure extends Error {
  constructor(tag, val) {
    super(tag);
    this.payload = { tag, val };
  }
}

/**
 * The value of a parameter as one segment of a path: percent-encoded, and none that names another
 * path.
 */
function segment(name, value) {
  if (['', '.', '..'].includes(value)) {
    throw new Failure('invalid-parameter', { name, detail: 'cannot be part of a path' });
  }
  return encodeURIComponent(value);
}

/**
 * The JSON that the back end answers; undefined for a status that proves a *false*.
 *
 * The path is below the connection's address. The host adds the credential, keeps the time and
 * repeats what may be repeated; a request that gets no answer throws the failure by itself.
 */
function ask(method, path, { body, headers = [], falseOn = [] } = {}) {
  const response = send({
    method,
    url: path,
    headers: body ? [['content-type', 'application/json'], ...headers] : headers,
    body: body && { tag: 'text', val: JSON.stringify(body) },
  });
  if (falseOn.includes(response.status)) return undefined;
  if (response.status < 200 || response.status > 299) throw failure(method, response);
  if (response.body.tag !== 'text') throw unexpected('the answer is no text');
  const json = response.body.val;
  if (isTooDeep(json)) throw unexpected('the answer is nested too deep');
  try {
    return JSON.parse(json);
  } catch {
    throw unexpected('the answer is no JSON');
  }
}

/** What a status means that no function knows. No parameter's value in the text. */
function failure(method, { status, headers }) {
  const detail = `${method} was answered ${status}`;
  if (status === 401 || status === 403) return new Failure('unauthorised', detail);
  if (status === 408 || (status >= 500 && status <= 504)) return new Failure('unavailable', detail);
  if (status === 429) {
    const wait = headers.find(([name]) => name === 'retry-after')?.[1];
    return new Failure('rate-limited', { retryAfter: /^\d{1,9}$/.test(wait) ? Number(wait) : undefined, detail });
  }
  return unexpected(detail);
}

function unexpected(detail) {
  return new Failure('unexpected-answer', detail);
}

/** A text of JSON, with its quotation marks. */
const TEXT = /"[^"\\]*(?:\\.[^"\\]*)*"/g;

/**
 * Whether brackets are nested deeper than what is read. `JSON.parse` goes one call deeper for each
 * level, and where the stack ends no `catch` is reached.
 */
function isTooDeep(json) {
  let depth = 0;
  for (const [bracket] of json.replace(TEXT, '').matchAll(/[[\]{}]/g)) {
    depth += '[{'.includes(bracket) ? 1 : -1;
    if (depth > DEEPEST) return true;
  }
  return false;
}

function member(answer, name, fits) {
  const value = answer?.[name];
  if (!fits(value)) throw unexpected(`the answer lacks \`${name}\``);
  return value;
}

const whole = (answer, name) => member(answer, name, Number.isSafeInteger);
const text = (answer, name) => member(answer, name, (value) => typeof value === 'string');
/** A decimal comes as text: JavaScript's numbers would lose its digits. */
const decimal = (answer, name) =>
  member(answer, name, (value) => typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value));

// --- what the host calls

export const integration = {
  describe: () => MANIFEST,
  run: (call) =>
    caught(() => {
      const parameters = call.parameters.map(({ name, value }) => [name, value.val]);
      return FUNCTIONS[call.function](call, Object.fromEntries(parameters));
    }),
  choices: () => [],
  probe: () => caught(probeClub),
};

/**
 * A failure goes to the host as it is. Anything else is a mistake in this plugin: it would end as
 * a trap, and so says its kind and its place. Not its words: they may hold a parameter's value.
 */
function caught(work) {
  try {
    return work();
  } catch (error) {
    if (error?.payload) throw error;
    const [, place] = String(error?.stack).match(/^ +at .*?([\w.-]+:\d+)/m) ?? [];
    throw unexpected(`the plugin stumbled: ${error?.name} at ${place ?? 'an unknown place'}`);
  }
}
