// The panel on a small screen: a sheet over everything, with the page behind it at rest.

import { sheet } from "./dom.ts";

/** Up to this size there is no room for a page beside the panel. */
const SMALL = "(max-width: 30em), (max-height: 27em)";

interface Watcher { onclose: (() => void) | null; destroy(): void }

export class Sheet {
  #small = matchMedia(SMALL);
  #lock = sheet("html{overflow:hidden}");
  #room = new CSSStyleSheet();
  #inert: Element[] = [];
  #shown = false;
  #watcher: Watcher | undefined;
  #change = () => this.#fit();

  constructor(readonly host: HTMLElement, readonly panel: HTMLElement, readonly close: () => void) {
    const root = panel.getRootNode() as ShadowRoot;
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, this.#room];
  }

  up(): void {
    this.#shown = true;
    this.#small.addEventListener("change", this.#change);
    visualViewport?.addEventListener("resize", this.#change);
    visualViewport?.addEventListener("scroll", this.#change);
    this.#fit();
  }

  down(): void {
    this.#shown = false;
    this.#small.removeEventListener("change", this.#change);
    visualViewport?.removeEventListener("resize", this.#change);
    visualViewport?.removeEventListener("scroll", this.#change);
    this.#fit();
  }

  /** Makes the page behind a sheet inert and still, and undoes it for a panel that leaves room. */
  #fit(): void {
    const over = this.#shown && this.#small.matches;
    this.panel.classList.toggle("sheet", over);
    if (over) this.panel.setAttribute("aria-modal", "true");
    else this.panel.removeAttribute("aria-modal");
    // The keyboard of a telephone covers the page without making it smaller. Fingers that zoom in do not.
    const { height, offsetTop, scale } = visualViewport ?? { height: innerHeight, offsetTop: 0, scale: 1 };
    this.#room.replaceSync(over && scale < 1.05 ? `.sheet{height:${height}px;top:${offsetTop}px}` : "");
    const locked = document.adoptedStyleSheets.includes(this.#lock);
    if (over === locked) return;
    if (over) {
      document.adoptedStyleSheets = [...document.adoptedStyleSheets, this.#lock];
      this.#inert = others(this.host).filter((element) => !element.hasAttribute("inert"));
      const { CloseWatcher } = window as unknown as { CloseWatcher?: new () => Watcher };
      // A telephone's gesture for "back" closes the sheet, where the browser tells of it.
      this.#watcher = CloseWatcher && new CloseWatcher();
      if (this.#watcher) this.#watcher.onclose = () => this.close();
    } else {
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== this.#lock);
      this.#watcher?.destroy();
      this.#watcher = undefined;
    }
    for (const element of this.#inert) element.toggleAttribute("inert", over);
    if (!over) this.#inert = [];
  }
}

/** Everything on the page but the ways to the element. */
function others(host: Element): Element[] {
  const found: Element[] = [];
  for (let node = host; node !== document.body && node.parentElement; node = node.parentElement) {
    found.push(...[...node.parentElement.children].filter((other) => other !== node && !/^(?:SCRIPT|STYLE|LINK)$/.test(other.tagName)));
  }
  return found;
}
