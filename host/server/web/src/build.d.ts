// What build.mjs puts in.

/** The file name of the built panel, with its hash. */
declare const PANEL: string;

/** The file name of the built frame, with its hash: what a shop's page loads in place of the panel where the chat stands in an iframe. */
declare const FRAME: string;

/** The file names of the texts that are not English, by language. */
declare const TEXTS: Record<string, string>;

/** A style sheet, as the text of a constructed one. */
declare module "*.css" {
  const text: string;
  export default text;
}
