import { readFile, writeFile } from "node:fs/promises";
import { agentApiDocument } from "../shared/api/agent-openapi.ts";
import { documentReference } from "../shared/api/document-reference.ts";
import { openApiDocument } from "../shared/api/openapi.ts";

/**
 * Writes the parts of the documentation that come from the schemas. With `--check`, fails if a file is out of
 * date.
 */
const GENERATED = "<!-- From here on it is written by `npm run openapi`, from the schemas. -->\n";

const json = (document: unknown) => () => `${JSON.stringify(document, null, 2)}\n`;
/** The text above the mark is written by hand and stays. */
const below = (text: string) => (before: string) => `${before.split(GENERATED)[0]}${GENERATED}\n${text}`;

const DOCUMENTS: Readonly<Record<string, (before: string) => string>> = {
  "openapi.json": json(openApiDocument()),
  "agent-openapi.json": json(agentApiDocument()),
  "document.md": below(documentReference()),
};

for (const [name, write] of Object.entries(DOCUMENTS)) {
  const file = new URL(`../docs/${name}`, import.meta.url);
  const before = await readFile(file, "utf8").catch(() => "");
  const text = write(before);
  if (!process.argv.includes("--check")) {
    await writeFile(file, text);
  } else if (before !== text) {
    console.error(
      `docs/${name} does not match the schemas in shared: run \`npm run openapi\` and commit it.`,
    );
    process.exitCode = 1;
  }
}
