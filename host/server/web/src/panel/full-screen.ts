// Makes the panel fill a small screen, and the page behind it inert.

import { styleSheet } from "./dom.ts";

/** The screens on which there is no room for the page beside the panel. */
const SMALL = "(max-width: 30em), (max-height: 27em)";

interface CloseWatcher { onclose: (() => void) | null; destroy(): void }

/** Fills a small screen with the panel while it is open. */
export class FullScreen {
  #small = matchMedia(SMALL);
  #noScrolling = styleSheet("html{overflow:hidden}");
  #size = new CSSStyleSheet();
  #inert: Element[] = [];
  #shown = false;
  #watcher: CloseWatcher | undefined;
  #change = () => this.#fit();

  constructor(readonly host: HTMLElement, readonly panel: HTMLElement, readonly closePanel: () => void) {
    const root = panel.getRootNode() as ShadowRoot;
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, this.#size];
  }

  open(): void {
    this.#shown = true;
    this.#small.addEventListener("change", this.#change);
    visualViewport?.addEventListener("resize", this.#change);
    visualViewport?.addEventListener("scroll", this.#change);
    this.#fit();
  }

  close(): void {
    this.#shown = false;
    this.#small.removeEventListener("change", this.#change);
    visualViewport?.removeEventListener("resize", this.#change);
    visualViewport?.removeEventListener("scroll", this.#change);
    this.#fit();
  }

  /** Makes the page behind the panel inert and stops it from scrolling while the panel fills the screen; undoes both otherwise. */
  #fit(): void {
    const fills = this.#shown && this.#small.matches;
    this.panel.classList.toggle("sheet", fills);
    if (fills) this.panel.setAttribute("aria-modal", "true");
    else this.panel.removeAttribute("aria-modal");
    // A phone's keyboard covers the page without making it smaller, so the panel takes the size of the
    // visible part. Zooming must not change the size.
    const { height, offsetTop, scale } = visualViewport ?? { height: innerHeight, offsetTop: 0, scale: 1 };
    this.#size.replaceSync(fills && scale < 1.05 ? `.sheet{height:${height}px;top:${offsetTop}px}` : "");
    const locked = document.adoptedStyleSheets.includes(this.#noScrolling);
    if (fills === locked) return;
    if (fills) {
      document.adoptedStyleSheets = [...document.adoptedStyleSheets, this.#noScrolling];
      this.#inert = others(this.host).filter((element) => !element.hasAttribute("inert"));
      const { CloseWatcher } = window as unknown as { CloseWatcher?: new () => CloseWatcher };
      // With this, a phone's gesture for "back" closes the panel, if the browser supports it.
      this.#watcher = CloseWatcher && new CloseWatcher();
      if (this.#watcher) this.#watcher.onclose = () => this.closePanel();
    } else {
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== this.#noScrolling);
      this.#watcher?.destroy();
      this.#watcher = undefined;
    }
    for (const element of this.#inert) element.toggleAttribute("inert", fills);
    if (!fills) this.#inert = [];
  }
}

/** The elements of the page that do not contain the host. */
function others(host: Element): Element[] {
  const found: Element[] = [];
  for (let node = host; node !== document.body && node.parentElement; node = node.parentElement) {
    found.push(...[...node.parentElement.children].filter((other) => other !== node && !/^(?:SCRIPT|STYLE|LINK)$/.test(other.tagName)));
  }
  return found;
}
