import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { afterEach, test } from "node:test";
import { parts, stage } from "./browser.mjs";

const set = stage();
afterEach(async () => assert.deepEqual(await set.tidy(), []));

const open = async (scenario, settings, query = "") => {
  const page = await set.page(settings);
  await page.goto(`${set.mock.base}/chat/${scenario}${query}`);
  return { page, ...parts(page) };
};

test("a whole conversation with the mouse, in Czech", async () => {
  const chat = await open("order-status");
  await chat.said("Napište prosím číslo objednávky.").waitFor();
  assert.equal(await chat.page.title(), "Stav objednávky");
  await chat.field.fill("nevím");
  await chat.send.click();
  await chat.said("To nevypadá jako číslo objednávky.").waitFor();
  assert.equal(await chat.field.getAttribute("aria-invalid"), "true");
  await chat.field.fill("O260147");
  await chat.send.click();
  await chat.said("A e-mail").waitFor();
  assert.equal(await chat.field.getAttribute("aria-invalid"), "false");
  await chat.field.fill("petra.vlkova@example.cz");
  await chat.send.click();
  await chat.said("Objednávka O260147: Odeslaná.").waitFor();
  const link = chat.log.getByRole("link", { name: "https://tracking.example.cz/parcel?id=DR0123456789X" });
  assert.equal(await link.getAttribute("rel"), "noopener noreferrer nofollow");

  const [download] = await Promise.all([chat.page.waitForEvent("download"), chat.log.getByRole("button", { name: /Stáhnout faktura-2026-0147.pdf, PDF, 19 B/ }).click()]);
  assert.equal(download.suggestedFilename(), "faktura-2026-0147.pdf");
  assert.equal(await readFile(await download.path(), "utf8"), "%PDF-1.4 an invoice");

  await chat.button("Ne, děkuji").click();
  await chat.said("Hezký den!").waitFor();
  await chat.again.waitFor();
  assert.equal(await chat.log.getByRole("button", { name: "Jiná objednávka" }).isDisabled(), true);
  assert.match(await chat.log.getByRole("button", { name: "Ne, děkuji" }).textContent(), /vybráno/);
  assert.deepEqual((await chat.you.allTextContents()).slice(0, 2), ["nevím", "O260147"]);

  await chat.again.click();
  await chat.field.waitFor();
  await chat.said("Napište prosím číslo objednávky.").waitFor();
  assert.deepEqual(await chat.texts(), ["Napište prosím číslo objednávky."]);
});
