import type * as z from "zod/mini";
import { wording } from "../../shared/api/wording.ts";
import type { InputIssue } from "../../shared/base/errors/catalogue.ts";
import { hasDuplicateKeys } from "../../shared/base/json-keys.ts";
import { throwRefusal } from "../platform/refused.ts";

/** The limit for a body if its endpoint defines no other limit. */
const MAX_BODY_BYTES = 1_048_576;
/** A longer list of issues would not help anybody. */
const MAX_ISSUES = 20;

/**
 * The JSON body. It is read up to a limit in bytes. Refuses other content types, broken UTF-8, and members
 * that are named twice.
 */
export async function readJson(
  request: Request,
  limit = MAX_BODY_BYTES,
  types: readonly string[] = ["application/json"],
): Promise<unknown> {
  const type = request.headers.get("Content-Type")?.split(";", 1)[0]?.trim().toLowerCase();
  if (type === undefined || !types.includes(type))
    throwRefusal("unsupported_media_type", `Send the body as ${types[0]}.`);
  const text = decode(await readBytes(request, limit));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throwRefusal("malformed_request", "The body is not valid JSON.");
  }
  if (hasDuplicateKeys(text))
    throwRefusal("malformed_request", "The body names a member of an object twice.");
  if (hasBrokenText(value))
    throwRefusal("malformed_request", "The body has text with half a surrogate pair.");
  return value;
}

/** JSON can escape half of a surrogate pair. Stored as UTF-8, such a text would become a different text. */
function hasBrokenText(value: unknown): boolean {
  const open: unknown[] = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next === "string" && !next.isWellFormed()) return true;
    if (typeof next === "object" && next !== null) {
      for (const [key, member] of Object.entries(next)) open.push(key, member);
    }
  }
  return false;
}

async function readBytes(request: Request, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > limit) throwRefusal("body_too_large", `The body may have at most ${limit} bytes.`);
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return throwRefusal("malformed_request", "The body is not valid UTF-8.");
  }
}

/**
 * The query as an object. A name that occurs twice is refused, because readers disagree about which value
 * counts.
 */
export function readQuery(url: URL): Record<string, string> {
  const query: Record<string, string> = Object.create(null);
  for (const [key, value] of url.searchParams) {
    if (key in query) throwRefusal("malformed_request", `The query names ${key.slice(0, 40)} twice.`);
    query[key] = value;
  }
  return { ...query };
}

/** The value as the schema defines it. A refusal points at every wrong place. */
export function check<T extends z.ZodMiniType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value, { error: wording });
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues
    .slice(0, MAX_ISSUES)
    .map((issue): InputIssue => ({ path: pointer(issue.path), message: issue.message.slice(0, 300) }));
  const first = issues[0];
  return throwRefusal("invalid_input", `${first?.path || "The input"}: ${first?.message ?? "is invalid"}.`, {
    issues,
  });
}

/** JSON pointer (RFC 6901). */
function pointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
