// Customers who are signed in at the shop: the shop's own server signs who they are, and the chat does not ask.

import assert from "node:assert/strict";
import { createHmac, randomUUID } from "node:crypto";
import { dirname, join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { parts, site, stage } from "../browser.mjs";
import { Real } from "./real.mjs";

const SECRET = "a secret of the shop's server, of 32 bytes and more";
const EMAIL = "petra.vlkova@example.cz";
const set = stage({ mocked: false });
let real;
let shop;
const pages = {};
before(async () => {
  shop = await site(pages);
  real = await Real.start({
    origins: { "signed-in": [shop.origin] },
    more: [join(dirname(fileURLToPath(import.meta.url)), "signed-in.json")],
    signed: { secret: SECRET, origins: [shop.origin] },
  });
  const page = (mode) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>Shop</title><h1>Shop</h1><script src="${real.base}/widget.js" data-scenario="signed-in" ${mode} async></script>`;
  Object.assign(pages, { "/popup": page(""), "/iframe": page("data-mode=\"iframe\"") });
});
after(async () => {
  await real?.end();
  await shop?.close();
});
afterEach(async () => assert.deepEqual(await set.tidy(), []));

/** What the shop's server signs for a customer. */
function token(claims = {}) {
  const part = (json) => Buffer.from(JSON.stringify(json)).toString("base64url");
  const exp = Math.floor(Date.now() / 1000) + 300;
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part({ aud: "signed-in", exp, jti: randomUUID(), inputs: { email: EMAIL }, ...claims })}`;
  return `${signed}.${createHmac("sha256", SECRET).update(signed).digest("base64url")}`;
}

/** Opens the chat on the shop's page, whose function for tokens is `give`. */
async function open(mode, give) {
  const page = await set.page();
  const urls = [];
  page.on("request", (request) => urls.push(request.url()));
  await page.exposeFunction("chatToken", give);
  await page.goto(`${shop.origin}/${mode}`);
  const { launcher } = parts(page);
  await launcher.waitFor();
  await page.evaluate(() => window.krabice("token", () => window.chatToken()));
  await launcher.click();
  return { page, urls, ...parts(mode === "iframe" ? page.frameLocator("krabice-chat iframe") : page) };
}

for (const mode of ["popup", "iframe"]) {
  test(`who is signed in at the shop is known to the chat by a token of the shop's server, which stands in no address and is not kept (${mode})`, async () => {
    const given = [];
    let twice;
    const asked = new Promise((resolve) => { twice = resolve; });
    const chat = await open(mode, () => { if (given.push(token()) === 2) twice(); return given.at(-1); });
    await chat.said(`Signed in as ${EMAIL}.`).waitFor();
    // The next conversation needs a token of its own.
    await chat.again.click();
    await asked;
    await chat.said(`Signed in as ${EMAIL}.`).waitFor();
    assert.equal(given.length, 2);
    for (const used of given) assert.deepEqual(chat.urls.filter((url) => url.includes(used.split(".")[2])), []);
    for (const frame of chat.page.frames()) {
      const kept = await frame.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.cookie]));
      for (const used of given) assert.ok(!kept.includes(used.split(".")[2]), kept);
    }
  });
}

test("a token that was used, and one for another scenario, start nothing", async () => {
  const once = token();
  const first = await open("popup", () => once);
  await first.said(`Signed in as ${EMAIL}.`).waitFor();
  for (const refused of [once, token({ aud: "order-status" }), ""]) {
    const chat = await open("popup", () => refused);
    await chat.banner.waitFor();
    assert.deepEqual(await chat.texts(), []);
  }
});
