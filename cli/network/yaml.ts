import {
  type Document,
  isMap,
  isNode,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLMap,
} from "yaml";
import type * as z from "zod";
import type { InputIssue } from "../../shared/base/errors/catalogue.ts";
import { messageOf } from "../../shared/base/errors/cause.ts";
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
  // The library compares each key of a map with every other one; `repeatedKeys` looks each up.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  const faults = [...document.errors, ...document.warnings, ...repeatedKeys(document)];
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

interface Fault {
  readonly message: string;
  readonly pos: readonly [number, ...number[]];
}

function repeatedKeys(document: Document): Fault[] {
  const faults: Fault[] = [];
  visit(document, {
    Map: (_, map) => {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        const name = String(key);
        if (seen.has(name))
          faults.push({ message: "Map keys must be unique", pos: [isNode(key) ? (key.range?.[0] ?? 0) : 0] });
        seen.add(name);
      }
    },
  });
  return faults;
}

function plainValue(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: MOST_ALIASES });
  } catch (error) {
    throw invalid(file, [{ path: file, message: messageOf(error) }]);
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
  let offset = document.contents?.range?.[0] ?? 0;
  let node: unknown = document.contents;
  for (const part of path) {
    node = childOf(node, part);
    if (isNode(node) && node.range) offset = node.range[0];
  }
  return offset;
}

function childOf(node: unknown, part: string | number): unknown {
  if (isMap(node)) return pairsOf(node).get(String(part))?.value;
  return isSeq(node) ? node.items[Number(part)] : undefined;
}

type Pair = YAMLMap["items"][number];
const indexes = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();

/** The pairs of a map by key, looked up as often as there are faults. */
function pairsOf(map: YAMLMap): ReadonlyMap<string, Pair> {
  const known = indexes.get(map);
  if (known) return known;
  const index = new Map(map.items.map((pair) => [String(pair.key), pair]));
  indexes.set(map, index);
  return index;
}

function offsetOfKey(document: Document, path: readonly (string | number)[], key: string): number {
  const map = path.reduce<unknown>(childOf, document.contents);
  const pair = isMap(map) ? pairsOf(map).get(key) : undefined;
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
