// A plugin on the `fetch` of StarlingMonkey, which uses `wasi:http`.

const en = (text) => [{ language: 'en', text }];

const setting = (name, kind, secret) => ({
  name, kind, secret, required: true, default: undefined, choices: [], label: en(name), help: [],
});

const MANIFEST = {
  name: 'fetching',
  version: '0.1.0',
  label: en('Points by fetch'),
  help: [],
  settings: [setting('address', 'url', false), setting('key', 'text', true)],
  address: 'address',
  authorisation: { tag: 'header', val: { name: 'X-Api-Key', prefix: '', setting: 'key' } },
  hosts: [],
  limits: { requestsAtOnce: undefined, requestsPerMinute: undefined, bucket: undefined },
  functions: [
    {
      name: 'load-points',
      label: en('Load points'),
      help: en('True with the points of a loyalty card; false when there is no such card.'),
      parameters: [
        {
          name: 'email', kind: 'email', items: undefined, label: en('E-mail'), help: [],
          required: true, default: undefined, choices: { tag: 'none' }, personal: true,
        },
      ],
      answer: { tag: 'value', val: { kind: 'integer', label: en('Points'), help: [], personal: false } },
      effect: 'reads',
      purposes: [],
      subject: { kind: 'customer', parameter: 'email', field: undefined },
      listing: undefined,
      exclusive: false,
    },
  ],
  feeds: [],
};

class Failure extends Error {
  constructor(tag, val) {
    super(tag);
    this.payload = { tag, val };
  }
}

async function get(path) {
  let response;
  try {
    response = await fetch(`http://connection.internal/${path}`);
  } catch {
    // `fetch` does not say why.
    throw new Failure('unavailable', 'no answer came');
  }
  if (response.status === 404) return undefined;
  if (!response.ok) throw failure(response);
  try {
    return await response.json();
  } catch {
    throw new Failure('unexpected-answer', 'the answer is no JSON');
  }
}

function failure({ status, headers }) {
  const detail = `GET was answered ${status}`;
  if (status === 401 || status === 403) return new Failure('unauthorised', detail);
  if (status === 408 || (status >= 500 && status <= 504)) return new Failure('unavailable', detail);
  if (status === 429) {
    const wait = headers.get('retry-after');
    return new Failure('rate-limited', { retryAfter: /^\d{1,9}$/.test(wait) ? Number(wait) : undefined, detail });
  }
  return new Failure('unexpected-answer', detail);
}

async function loadPoints(email) {
  // An e-mail is no `..`: the host has seen to that.
  const card = await get(`members/${encodeURIComponent(email)}`);
  if (card === undefined) return { tag: 'false' };
  if (!Number.isSafeInteger(card?.points)) throw new Failure('unexpected-answer', 'the answer lacks `points`');
  return { tag: 'true-with-value', val: { tag: 'integer', val: BigInt(card.points) } };
}

export const integration = {
  describe: () => MANIFEST,
  run: (call) => caught(() => loadPoints(call.parameters[0].value.val)),
  choices: () => [],
  probe: () =>
    caught(async () => {
      const club = await get('club');
      if (typeof club?.name !== 'string') throw new Failure('unexpected-answer', 'the answer lacks `name`');
      return club.name;
    }),
};

/** What is no failure is a mistake in this plugin, and would end as a trap. */
async function caught(work) {
  try {
    return await work();
  } catch (error) {
    if (error?.payload) throw error;
    throw new Failure('unexpected-answer', `the plugin stumbled: ${error?.name}`);
  }
}
