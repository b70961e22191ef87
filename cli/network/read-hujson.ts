import { createScanner, type ParseError, parse, printParseErrorCode, visit } from "jsonc-parser";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";

const LARGEST = 4 * 1024 * 1024;
const DEEPEST = 100;

/**
 * Reads HuJSON: JSON with comments and trailing commas. A key that stands twice is refused, since readers differ in which one
 * they take.
 * @param file What messages call it.
 */
export function readHuJson(text: string, file: string): unknown {
  const refused = (offset: number, problem: string): Failure => {
    const line = plain.slice(0, offset).split("\n").length;
    return new Failure(EXIT.usage, `${file}, line ${line}: ${problem}`);
  };
  if (text.length > LARGEST) throw new Failure(EXIT.usage, `${file} is larger than 4 MiB`);
  const plain = text.replace(/^\ufeff/, "");
  const deep = tooDeep(plain);
  if (deep !== null) throw refused(deep, `nested deeper than ${DEEPEST}`);
  const errors: ParseError[] = [];
  const value: unknown = parse(plain, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first) throw refused(first.offset, printParseErrorCode(first.error));
  const twice = repeatedKey(plain);
  if (twice) throw refused(twice.offset, `the key ${JSON.stringify(twice.key)} can't stand here`);
  return value;
}

/** Where brackets are nested too deeply for the parser, which calls itself for each. */
function tooDeep(text: string): number | null {
  const scanner = createScanner(text, true);
  let depth = 0;
  for (scanner.scan(); scanner.getTokenLength() > 0; scanner.scan()) {
    const token = text[scanner.getTokenOffset()];
    if (token === "{" || token === "[") depth += 1;
    if (token === "}" || token === "]") depth -= 1;
    if (depth > DEEPEST) return scanner.getTokenOffset();
  }
  return null;
}

/** A key that its object has already, or that would set the object's prototype. */
function repeatedKey(text: string): { key: string; offset: number } | null {
  const open: Set<string>[] = [];
  let found: { key: string; offset: number } | null = null;
  visit(
    text,
    {
      onObjectBegin: () => void open.push(new Set()),
      onObjectEnd: () => void open.pop(),
      onObjectProperty: (key, offset) => {
        const keys = open.at(-1);
        if (keys?.has(key) || key === "__proto__") found ??= { key, offset };
        keys?.add(key);
      },
    },
    { allowTrailingComma: true },
  );
  return found;
}
