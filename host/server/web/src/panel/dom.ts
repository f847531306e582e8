// Creates DOM nodes. All nodes are made from elements, attributes and texts, never from markup, so that
// no text can be executed as HTML.

type Attributes = Record<string, string | boolean | number | undefined | ((event: never) => void)>;

/** Creates an element. A function as an attribute is an event listener (`onclick`), `true` an empty attribute, `false` and `undefined` no attribute. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value as EventListener);
    else if (value !== undefined) element.toggleAttribute(name, value !== false);
    if (typeof value === "string" || typeof value === "number") element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}

/** Creates an icon from one path on 24 × 24 units. Screen readers ignore it. */
export function icon(path: string): SVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

/** The icons' paths. */
export const ICONS = {
  box: "M12 3l8 4.5v9L12 21l-8-4.5v-9zM4 7.5l8 4.5 8-4.5M12 12v9M8 5.2l8 4.6",
  close: "M6 6l12 12M18 6L6 18",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  send: "M5 12l14-7-4.5 14-3-6zM11.500 13L19 5",
  file: "M12 4v11M7 11l5 5 5-5M5 20h14",
  down: "M12 5v14M6 13l6 6 6-6",
  again: "M4 5v5h5M4.600 10A8 8 0 1 1 4 14",
};

/** Creates a style sheet for a shadow root to adopt. Content security policies for styles do not apply to it. */
export function styleSheet(text: string): CSSStyleSheet {
  const made = new CSSStyleSheet();
  made.replaceSync(text);
  return made;
}

/** The text as an absolute address, or `undefined` if it is not one. `URL.canParse` is newer than some of the browsers. */
export function address(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

/** Resolves after some milliseconds, or as soon as `signal` aborts. */
export function delay(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}
