// A plugin of Krabice: the loyalty points of a shop's customers.
//
// `load-points` reads from the back end, `redeem-points` writes to it, `verify-card` proves whose a card
// is, and `append-note` reads before it writes. Replace them with your own functions. The files in `wit`
// explain every type; their names with hyphens are in camel case here.

import { sameNumber } from 'krabice:boxes/compare@0.2.0';
import { send } from 'krabice:boxes/egress@0.2.0';

/** The deepest nesting of brackets in an answer that is read. */
const DEEPEST = 100;
const VERSION = '0.1.0';

// --- the manifest: what the plugin is

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

/**
 * What functions about a customer have in common. In your own plugin, the subject may be an order or a
 * claim, and a function that lists some has a `listing`.
 */
const ABOUT_A_CUSTOMER = {
  purposes: [],
  subject: { kind: 'customer', parameter: 'email', field: undefined },
  listing: undefined,
  exclusive: false,
};

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
      ...ABOUT_A_CUSTOMER,
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
      ...ABOUT_A_CUSTOMER,
      name: 'verify-card',
      label: en('Verify a card'),
      help: en('True when the e-mail and the number belong to one card; false when they do not, or there is no such card.'),
      parameters: [EMAIL, parameter('number', 'text', 'Card number', 'As it is printed on the card.', true)],
      answer: { tag: 'nothing' },
      effect: 'reads',
      // Who knows the number of the card is its holder: a host may let them see what is theirs.
      purposes: ['verifies-identity'],
    },
    {
      ...ABOUT_A_CUSTOMER,
      name: 'redeem-points',
      label: en('Redeem points'),
      help: en('True with a voucher for the points; false when there are too few, or no such card.'),
      parameters: [EMAIL, parameter('points', 'integer', 'Points', 'How many points to turn into a voucher.')],
      answer: {
        tag: 'value',
        val: { kind: 'text', label: en('Code of the voucher'), help: [], personal: false },
      },
      // The back end makes only one voucher for the key of a call, so the host may repeat the
      // request. If your back end does not know such keys, write `writes`.
      effect: 'writes-idempotently',
    },
    {
      ...ABOUT_A_CUSTOMER,
      name: 'append-note',
      label: en('Add to the note'),
      help: en("True when the text stands at the end of the staff's note; false when there is no such card."),
      parameters: [EMAIL, parameter('text', 'text', 'Text', 'What the staff is to read.', true)],
      answer: { tag: 'nothing' },
      effect: 'writes',
      purposes: ['append-note'],
      // The club can only replace the whole note. Calls about one customer wait for each other: two at
      // once would lose what one of them wrote.
      exclusive: true,
    },
  ],
  feeds: [],
};

// --- the functions

/**
 * Finds the card of a member; undefined when there is none. The request says that it reads: in a
 * function that writes, the host may then repeat it.
 */
function find(email) {
  return ask('GET', `members/${segment('email', email)}`, { reads: true, falseOn: [404] });
}

function loadPoints(call, { email }) {
  const card = find(email);
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

function verifyCard(call, { email, number }) {
  const card = find(email);
  return { tag: card !== undefined && sameNumber(text(card, 'number'), number) ? 'true' : 'false' };
}

function appendNote(call, { email, text: added }) {
  const card = find(email);
  if (card === undefined) return { tag: 'false' };
  // A note that the answer does not have would be lost.
  const note = text(card, 'note');
  ask('PUT', `members/${segment('email', email)}/note`, { body: { note: note ? `${note}\n${added}` : added } });
  return { tag: 'true' };
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

const FUNCTIONS = {
  'load-points': loadPoints,
  'verify-card': verifyCard,
  'redeem-points': redeemPoints,
  'append-note': appendNote,
};

// --- the back end

/** A failure of the contract, in the form in which componentize-qjs expects it to be thrown. */
class Failure extends Error {
  constructor(tag, val) {
    super(tag);
    this.payload = { tag, val };
  }
}

/**
 * Encodes the value of a parameter as one segment of a path. Refuses values that would lead to
 * another path.
 */
function segment(name, value) {
  if (['', '.', '..'].includes(value)) {
    throw new Failure('invalid-parameter', { name, detail: 'cannot be part of a path' });
  }
  return encodeURIComponent(value);
}

/**
 * Sends a request and returns the JSON of the answer; undefined for a status that means *false*.
 *
 * The path is below the connection's address. The host adds the credential, limits the time and
 * repeats requests that may be repeated. `send` throws the failure if there is no answer.
 */
function ask(method, path, { body, headers = [], reads = false, falseOn = [] } = {}) {
  const response = send({
    method,
    url: path,
    headers: body ? [['content-type', 'application/json'], ...headers] : headers,
    body: body && { tag: 'text', val: JSON.stringify(body) },
    reads,
  });
  if (falseOn.includes(response.status)) return undefined;
  if (response.status < 200 || response.status > 299) throw failure(method, response);
  if (response.body.tag !== 'text') throw unexpected('the answer is not text');
  const json = response.body.val;
  if (isTooDeep(json)) throw unexpected('the answer is nested too deep');
  try {
    return JSON.parse(json);
  } catch {
    throw unexpected('the answer is not JSON');
  }
}

/** The failure for a status that no function handles. Its text has no value of a parameter. */
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

/** A string in JSON, with its quotation marks. */
const TEXT = /"[^"\\]*(?:\\.[^"\\]*)*"/g;

/**
 * Whether brackets are nested deeper than `DEEPEST`. `JSON.parse` calls itself for each level, and a
 * stack overflow ends the plugin without reaching any `catch`.
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
/** A decimal must come as text: JavaScript's numbers would lose digits. */
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
 * Passes a failure to the host. Any other error is a bug in this plugin: instead of a trap, it becomes
 * a failure with its type and line. Its text may hold a parameter's value, so it is left out.
 */
function caught(work) {
  try {
    return work();
  } catch (error) {
    if (error?.payload) throw error;
    const [, place] = String(error?.stack).match(/^ +at .*?([\w.-]+:\d+)/m) ?? [];
    throw unexpected(`the plugin has a bug: ${error?.name} at ${place ?? 'an unknown place'}`);
  }
}
