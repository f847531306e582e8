// node build.mjs WIT OUTPUT: makes the component.
//
// `random`, `stdio` and `clocks` are left out: the plugin needs none of them.

import { readFile, writeFile } from 'node:fs/promises';
import { componentize } from '@bytecodealliance/componentize-js';

const [witPath, output] = process.argv.slice(2);
const source = await readFile(new URL('plugin.js', import.meta.url), 'utf8');
const { component } = await componentize(source, {
  witPath,
  worldName: 'plugin',
  disableFeatures: ['random', 'stdio', 'clocks', 'fetch-event'],
});
await writeFile(output, component);
