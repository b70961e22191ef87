import { type Document, isMap, isNode, isPair, LineCounter, type Node, parseDocument } from "yaml";
import type * as z from "zod";
import type { InputIssue } from "../../shared/errors/catalogue.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";

/** A network file is written by hand; one that is larger is a mistake. */
const LARGEST_FILE = 4 * 1024 * 1024;
/** Bounds what a few anchors can expand to. */
const MOST_ALIASES = 100;

/** Reads YAML 1.2 and checks it against a schema. Every fault is reported with file, line and column. */
export function parseYaml<T>(text: string, file: string, schema: z.ZodType<T>): T {
  if (text.length > LARGEST_FILE)
    throw invalid(file, [{ path: file, message: "the file is larger than 4 MiB" }]);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    throw invalid(
      file,
      faults.map((fault) => ({ path: file, message: fault.message, ...position(lines, fault.pos[0]) })),
    );
  }
  const checked = schema.safeParse(plainValue(document, file));
  if (checked.success) return checked.data;
  throw invalid(
    file,
    checked.error.issues.flatMap((issue) => locate(issue, document, lines, file)),
  );
}

function plainValue(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: MOST_ALIASES });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw invalid(file, [{ path: file, message }]);
  }
}

function locate(issue: z.core.$ZodIssue, document: Document, lines: LineCounter, file: string): InputIssue[] {
  const path = issue.path.map((part) => (typeof part === "symbol" ? String(part) : part));
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      path: file,
      message: `${pathText([...path, key])}: this key is not known`,
      ...position(lines, offsetOfKey(document, path, key)),
    }));
  }
  const where = path.length > 0 ? `${pathText(path)}: ` : "";
  const message = `${where}${issue.message}`;
  return [{ path: file, message, ...position(lines, offsetOf(document, path)) }];
}

/** Offset of the node at the path, or of the nearest one above it that is there. */
function offsetOf(document: Document, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length--) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return document.contents?.range?.[0] ?? 0;
}

function offsetOfKey(document: Document, path: readonly (string | number)[], key: string): number {
  const map: unknown = path.length > 0 ? document.getIn(path, true) : document.contents;
  if (!isMap(map)) return offsetOf(document, path);
  const pair = map.items.find((item) => isPair(item) && String(item.key) === key);
  return (pair?.key as Node | undefined)?.range?.[0] ?? offsetOf(document, path);
}

function position(lines: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

/** `apps[0].host` */
function pathText(path: readonly (string | number)[]): string {
  return path
    .map((part, at) => (typeof part === "number" ? `[${part}]` : `${at > 0 ? "." : ""}${part}`))
    .join("");
}

function invalid(file: string, issues: readonly InputIssue[]): Failure {
  return new Failure(EXIT.failure, `${file} is not valid`, {
    code: "invalid_input",
    issues,
    hint: "Nothing was changed.",
  });
}
