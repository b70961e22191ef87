import { err, ok, type Result } from "../../base/result.ts";

/**
 * Reads only JSON (RFC 8259) that has one meaning for every reader. Parsers disagree about duplicate keys, large
 * numbers, lone surrogates and byte order marks, so this parser refuses them.
 */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [member: string]: Json };

export interface JsonFault {
  readonly reason: string;
  /** The position in the text, in UTF-16 units. */
  readonly at: number;
}

const MAX_DEPTH = 16;

/** @param maxBytes Is checked before anything is decoded. */
export function parseStrictJson(bytes: Uint8Array, maxBytes: number): Result<Json, JsonFault> {
  if (bytes.length > maxBytes) return err({ reason: `more than ${maxBytes} bytes`, at: 0 });
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return err({ reason: "not UTF-8", at: 0 });
  }
  try {
    return ok(new Reader(text).document());
  } catch (fault) {
    if (fault instanceof Fault) return err({ reason: fault.message, at: fault.at });
    throw fault;
  }
}

class Fault extends Error {
  readonly at: number;
  constructor(reason: string, at: number) {
    super(reason);
    this.at = at;
  }
}

const INTEGER = /-?(?:0|[1-9]\d{0,15})(?![\d.eE])/y;
const STRING_ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const WORDS: readonly (readonly [string, Json])[] = [
  ["true", true],
  ["false", false],
  ["null", null],
];

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): Json {
    const value = this.#value(0);
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#fault("something follows the document");
    return value;
  }

  #value(depth: number): Json {
    this.#skipSpace();
    switch (this.#text.charAt(this.#at)) {
      case "{":
        return this.#object(depth + 1);
      case "[":
        return this.#array(depth + 1);
      case '"':
        return this.#string();
      default:
        return this.#wordOrNumber();
    }
  }

  #object(depth: number): Json {
    this.#enter(depth);
    const members: Record<string, Json> = {};
    if (this.#takes("}")) return members;
    do {
      this.#skipSpace();
      const at = this.#at;
      if (this.#text.charAt(at) !== '"') throw this.#fault("a member must begin with its name");
      const name = this.#string();
      if (name === "__proto__") throw new Fault("a member must not be called __proto__", at);
      if (Object.hasOwn(members, name))
        throw new Fault(`the member ${JSON.stringify(name)} occurs twice`, at);
      this.#expect(":");
      members[name] = this.#value(depth);
    } while (this.#takes(","));
    this.#expect("}");
    return members;
  }

  #array(depth: number): Json {
    this.#enter(depth);
    const items: Json[] = [];
    if (this.#takes("]")) return items;
    do items.push(this.#value(depth));
    while (this.#takes(","));
    this.#expect("]");
    return items;
  }

  #string(): string {
    const start = this.#at++;
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      // The comparison is also false at the end of the text, where the code is NaN.
      if (!(code >= 0x20)) throw this.#fault("a string is not ended, or holds a control character");
      if (code === QUOTE) break;
      this.#at += code === BACKSLASH ? this.#escapeLength() : 1;
    }
    this.#at++;
    const value = JSON.parse(this.#text.slice(start, this.#at)) as string;
    if (!value.isWellFormed()) throw new Fault("a string holds half of a surrogate pair", start);
    return value;
  }

  #escapeLength(): number {
    STRING_ESCAPE.lastIndex = this.#at;
    const sequence = STRING_ESCAPE.exec(this.#text)?.[0];
    if (sequence === undefined) throw this.#fault("a string holds an escape that JSON does not know");
    return sequence.length;
  }

  #wordOrNumber(): Json {
    for (const [word, value] of WORDS) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    INTEGER.lastIndex = this.#at;
    const digits = INTEGER.exec(this.#text)?.[0];
    const number = Number(digits);
    if (digits === undefined || digits === "-0" || !Number.isSafeInteger(number)) {
      throw this.#fault("neither a value nor an integer below 2^53");
    }
    this.#at += digits.length;
    return number;
  }

  #enter(depth: number): void {
    if (depth > MAX_DEPTH) throw this.#fault(`more than ${MAX_DEPTH} levels`);
    this.#at++;
  }

  #takes(mark: string): boolean {
    this.#skipSpace();
    if (this.#text.charAt(this.#at) !== mark) return false;
    this.#at++;
    return true;
  }

  #expect(mark: string): void {
    if (!this.#takes(mark)) throw this.#fault(`${mark} is missing`);
  }

  #skipSpace(): void {
    while (SPACE.has(this.#text.charCodeAt(this.#at))) this.#at++;
  }

  #fault(reason: string): Fault {
    return new Fault(reason, this.#at);
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);
