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
import * as z from "zod";
import { DOCUMENT_BYTES } from "../../shared/api/document.ts";
import { wording } from "../../shared/api/wording.ts";
import type { InputIssue } from "../../shared/base/errors/catalogue.ts";
import { messageOf } from "../../shared/base/errors/cause.ts";
import { nearest } from "../../shared/base/nearest.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { foldedComments } from "./folded-text.ts";

/** Characters; the hub takes no more. */
const LARGEST_FILE = DOCUMENT_BYTES;
/** Bounds what a few anchors can expand to. */
const MOST_ALIASES = 100;
const FOLDED =
  "This text is folded: its lines become one, and all that stands under a `//` comment becomes a part of it. Write it as a literal block, which begins with `|`";

/** Reads YAML 1.2 and checks it against a schema. Every fault is reported with file, line and column. */
export function parseYaml<T>(text: string, file: string, schema: z.ZodType<T>): T {
  if (text.length > LARGEST_FILE)
    throw invalid(file, [{ path: file, message: "the file is larger than 4 MiB" }]);
  const lines = new LineCounter();
  // The library compares each key of a map with every other one; `repeatedKeys` looks each up.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  const faults = [
    ...document.errors,
    ...document.warnings,
    ...repeatedKeys(document),
    ...foldedComments(document, text).map(
      ({ range }): Fault => ({ message: FOLDED, pos: [range?.[0] ?? 0] }),
    ),
  ];
  if (faults.length > 0) {
    throw invalid(
      file,
      faults.map((fault) => ({
        path: file,
        message: fault.message.trim(),
        ...position(lines, fault.pos[0]),
      })),
    );
  }
  if (document.contents === null) throw invalid(file, [{ path: file, message: "the file is empty" }]);
  const checked = schema.safeParse(plainValue(document, file), { error: wording });
  if (checked.success) return checked.data;
  const known = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Shape;
  throw invalid(
    file,
    checked.error.issues.flatMap((issue) => locate(issue, document, lines, file, known)),
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

function locate(
  issue: z.core.$ZodIssue,
  document: Document,
  lines: LineCounter,
  file: string,
  known: Shape,
): InputIssue[] {
  const path = issue.path.map((part) => (typeof part === "symbol" ? String(part) : part));
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      path: file,
      message: `${pathText([...path, key])}: this key is not known${meant(key, keysAt(known, path))}`,
      ...position(lines, offsetOfKey(document, path, key)),
    }));
  }
  const where = `${path.length > 0 ? pathText(path) : "the file"}: `;
  const message = `${where}${issue.message}`;
  return [{ path: file, message, ...position(lines, offsetOf(document, path)) }];
}

/** What a JSON Schema says of keys. */
interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
}

/** The keys that a schema knows at a path. */
function keysAt(shape: Shape, path: readonly (string | number)[]): string[] {
  const [part, ...rest] = path;
  const below = shape.anyOf?.flatMap((arm) => keysAt(arm, path)) ?? [];
  if (part === undefined) return [...Object.keys(shape.properties ?? {}), ...below];
  const next = typeof part === "number" ? shape.items : shape.properties?.[part];
  return [...(next ? keysAt(next, rest) : []), ...below];
}

function meant(key: string, known: readonly string[]): string {
  const near = nearest(key, known);
  if (near) return `; did you mean ${near}?`;
  return known.length > 0 ? `; known are ${known.join(", ")}` : "";
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
  });
}
