// Pictures of the page and the widget for people to look at: `npm run shots`, then see test/shots/.

import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { parts, site, stage } from "./browser.mjs";

const folder = join(dirname(fileURLToPath(import.meta.url)), "shots");
const set = stage();
after(() => set.tidy());

const SIZES = { wide: { width: 1280, height: 800 }, narrow: { width: 320, height: 640 }, zoomed: { width: 320, height: 256 } };

for (const colorScheme of ["light", "dark"]) {
  for (const [name, viewport] of Object.entries(SIZES)) {
    test(`${colorScheme} ${name}`, async () => {
      await mkdir(folder, { recursive: true });
      const page_ = (more) => `<!doctype html><html lang="cs"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><h1>Obchod</h1><script src="${set.mock.base}/widget.js" data-scenario="order-status" data-privacy="https://example.cz/soukromi" ${more} async></script>`;
      const shop = await site({ "/": page_(""), "/frame": page_("data-mode=\"iframe\"") });
      set.mock.origins = [shop.origin];
      for (const [kind, url] of [["page", `${set.mock.base}/chat/order-status`], ["widget", shop.origin], ["demo", `${set.mock.base}/demo/`]]) {
        const page = await set.page({ colorScheme, viewport });
        const shot = (what) => page.screenshot({ path: join(folder, `${kind}-${name}-${colorScheme}-${what}.png`) });
        await page.goto(url);
        const chat = parts(page);
        if (kind === "demo") {
          await page.locator("#scenarios h3").first().waitFor();
          await page.screenshot({ path: join(folder, `demo-${name}-${colorScheme}.png`), fullPage: true });
          await chat.launcher.click();
          await chat.said("Napište prosím").waitFor();
          await set.mock.stop();
          await chat.banner.waitFor();
          await chat.answer("O260147");
          await chat.log.locator(".failed").waitFor();
          await shot("offline");
          await set.mock.listen();
          await page.close();
          continue;
        }
        if (kind === "widget") {
          await chat.launcher.waitFor();
          if (name === "wide") await shot("0-closed");
          await chat.launcher.click();
        }
        await chat.said("Napište prosím").waitFor();
        await shot("1-ask");
        await chat.answer("nevím");
        await chat.said("To nevypadá").waitFor();
        await chat.answer("O260147");
        await chat.said("A e-mail").waitFor();
        await shot("2-again");
        let go;
        set.mock.on.call = () => new Promise((resolve) => { go = resolve; });
        await chat.answer("petra.vlkova@example.cz");
        await chat.log.locator(".still", { hasText: "Pořád" }).waitFor();
        await shot("3-still");
        go();
        await chat.said("Mohu ještě").waitFor();
        await shot("4-offers");
        await chat.menu.click();
        await shot("5-menu");
        await chat.button("Smazat konverzaci").click();
        await shot("5-question");
        await page.keyboard.press("Escape");
        await chat.button("Ne, děkuji").click();
        await chat.again.waitFor();
        await shot("6-over");
        await page.close();
      }
      const framed = await set.page({ colorScheme, viewport });
      await framed.goto(`${shop.origin}/frame`);
      await parts(framed).launcher.click();
      const inside = parts(framed.frameLocator("krabice-chat iframe"));
      await inside.said("Napište prosím").waitFor();
      await inside.answer("O260147");
      await inside.said("A e-mail").waitFor();
      await framed.screenshot({ path: join(folder, `frame-${name}-${colorScheme}.png`) });
      await framed.close();
      await shop.close();
      await set.tidy();
    });
  }
}
