// What build.mjs puts in.

/** The file name of the built panel, with its hash. */
declare const PANEL: string;

/** A style sheet, as the text of a constructed one. */
declare module "*.css" {
  const text: string;
  export default text;
}
