// Generates src/api-types.ts from docs/chat-api.json, or with --check reports whether the committed
// file is current. Exit code 1 if it is not.

import { readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

const description = new URL("../../../../docs/chat-api.json", import.meta.url);
const file = new URL("../src/api-types.ts", import.meta.url);

const head = "// Generated from docs/chat-api.json by api-types/generate.mjs. Do not edit: run `npm run build`.\n\n";
const generated = head + astToString(await openapiTS(description, { rootTypes: true, rootTypesNoSchemaPrefix: true, emptyObjectsUnknown: true }));

if (process.argv.includes("--check")) {
  const committed = await readFile(file, "utf8").catch(() => "");
  if (committed !== generated) {
    console.error("src/api-types.ts is not what docs/chat-api.json gives: run `npm run build`");
    process.exitCode = 1;
  }
} else {
  await writeFile(file, generated);
}
