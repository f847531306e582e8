// The oldest browsers that the page and the widget promise to work in. esbuild rewrites newer syntax for
// them; test/targets.test.mjs finds newer functions, selectors and properties.

export const TARGETS = { chrome: 111, firefox: 113, safari: 16.4 };

/** The same as esbuild wants them. */
export const ESBUILD_TARGETS = Object.entries(TARGETS).map(([browser, version]) => browser + version);
