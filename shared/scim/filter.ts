import { ok, type Result } from "../base/result.ts";
import { fault, type ScimFault } from "./fault.ts";
import { quoted } from "./path.ts";

/** A filter as it was written (RFC 7644 §3.4.2.2). Nothing is known yet about the attributes in it. */
export type Filter =
  | { readonly kind: "and"; readonly terms: readonly Filter[] }
  | { readonly kind: "or"; readonly terms: readonly Filter[] }
  | { readonly kind: "not"; readonly term: Filter }
  | { readonly kind: "present"; readonly path: string }
  | { readonly kind: "compare"; readonly path: string; readonly op: Comparison; readonly value: Literal }
  /** `path[filter]`: one value of a list fits the whole filter. */
  | { readonly kind: "within"; readonly path: string; readonly filter: Filter };

export type Literal = string | number | boolean | null;

const COMPARISONS = ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"] as const;
export type Comparison = (typeof COMPARISONS)[number];

const MAX_LENGTH = 2_000;
const MAX_TERMS = 50;
const MAX_DEPTH = 10;

/** A path with an optional filter and a part after it, as in `emails[type eq "work"].value` (RFC 7644 §3.5.2). */
export interface ValuePath {
  readonly path: string;
  readonly filter: Filter | null;
  readonly sub: string | null;
}

export function parseFilter(text: string): Result<Filter, ScimFault> {
  return reading(text, "invalidFilter", (reader) => {
    const filter = reader.disjunction(0);
    reader.end();
    return filter;
  });
}

export function parseValuePath(text: string): Result<ValuePath, ScimFault> {
  return reading(text, "invalidPath", (reader) => {
    const path = reader.path();
    const filter = reader.takes("[") ? reader.bracketed(0) : null;
    const sub = filter !== null && reader.takes(".") ? reader.path() : null;
    reader.end();
    return { path, filter, sub };
  });
}

/** Whether a filter asks about an attribute or a part of it. */
export function mentions(filter: Filter, attribute: string): boolean {
  if (filter.kind === "and" || filter.kind === "or")
    return filter.terms.some((term) => mentions(term, attribute));
  if (filter.kind === "not") return mentions(filter.term, attribute);
  const name = filter.path.slice(filter.path.lastIndexOf(":") + 1).split(".")[0] ?? "";
  return name.toLowerCase() === attribute.toLowerCase();
}

/** What the reader throws where the text can't go on so. It never leaves this file. */
class Unreadable extends Error {}

function reading<T>(
  text: string,
  scimType: "invalidFilter" | "invalidPath",
  read: (reader: Reader) => T,
): Result<T, ScimFault> {
  if (text.length > MAX_LENGTH) return fault(scimType, `It is longer than ${MAX_LENGTH} characters.`);
  try {
    return ok(read(new Reader(text)));
  } catch (error) {
    if (error instanceof Unreadable) return fault(scimType, error.message);
    throw error;
  }
}

/** Reads from left to right. `and` binds closer than `or`. */
class Reader {
  readonly #text: string;
  #at = 0;
  #terms = 0;

  constructor(text: string) {
    this.#text = text;
  }

  disjunction(depth: number): Filter {
    return this.#joined("or", () => this.#joined("and", () => this.#term(depth)));
  }

  /** What stands before the closing bracket. */
  bracketed(depth: number): Filter {
    const filter = this.disjunction(depth + 1);
    this.#must("]");
    return filter;
  }

  path(): string {
    return this.#match(/[A-Za-z$][\w$:.-]*/y) ?? this.#unreadable("the name of an attribute");
  }

  takes(mark: string): boolean {
    this.#match(/ +/y);
    if (!this.#text.startsWith(mark, this.#at)) return false;
    this.#at += mark.length;
    return true;
  }

  end(): void {
    this.#match(/ +/y);
    if (this.#at < this.#text.length) this.#unreadable("the end");
  }

  #joined(word: "and" | "or", read: () => Filter): Filter {
    const terms = [read()];
    while (this.#word(word)) terms.push(read());
    const [only] = terms;
    return terms.length === 1 && only ? only : { kind: word, terms };
  }

  #term(depth: number): Filter {
    if (depth > MAX_DEPTH) throw new Unreadable(`It is nested deeper than ${MAX_DEPTH} levels.`);
    if (++this.#terms > MAX_TERMS) throw new Unreadable(`It has more than ${MAX_TERMS} terms.`);
    if (this.takes("(")) return this.#group(depth);
    if (this.#match(/not(?= *\()/iy) !== null) {
      this.#must("(");
      return { kind: "not", term: this.#group(depth) };
    }
    const path = this.path();
    if (this.takes("[")) return { kind: "within", path, filter: this.bracketed(depth) };
    if (this.#word("pr")) return { kind: "present", path };
    const op = COMPARISONS.find((one) => this.#word(one));
    if (op === undefined) return this.#unreadable("an operator such as eq");
    return { kind: "compare", path, op, value: this.#literal() };
  }

  #group(depth: number): Filter {
    const filter = this.disjunction(depth + 1);
    this.#must(")");
    return filter;
  }

  #literal(): Literal {
    this.#match(/ +/y);
    const text =
      this.#match(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y) ??
      this.#match(/(?:true|false|null)\b/iy)?.toLowerCase() ??
      this.#unreadable('a value such as "text", 7, true or null');
    try {
      return JSON.parse(text) as Literal;
    } catch {
      throw new Unreadable(`${quoted(text)} is not a value as JSON writes it.`);
    }
  }

  #word(word: string): boolean {
    return this.#match(new RegExp(` *${word}(?![\\w$:.-])`, "iy")) !== null;
  }

  #must(mark: string): void {
    if (!this.takes(mark)) this.#unreadable(mark);
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return null;
    this.#at += found[0].length;
    return found[0];
  }

  #unreadable(expected: string): never {
    throw new Unreadable(`At character ${this.#at + 1} of ${quoted(this.#text)}, ${expected} is expected.`);
  }
}
