// Constants and modules that build.mjs provides.

/** The file name of the built panel, with its hash. */
declare const PANEL: string;

/** The file name of the built frame, with its hash. A shop's page loads it in place of the panel to show the chat in an iframe. */
declare const FRAME: string;

/** The file names of the texts that are not English, by language. */
declare const TEXTS: Record<string, string>;

/** The text of a style sheet. */
declare module "*.css" {
  const text: string;
  export default text;
}
