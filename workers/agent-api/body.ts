import type * as z from "zod/mini";
import { fromBase64url } from "../../shared/base/base64url.ts";
import { parseStrictJson } from "../../shared/node/config/strict-json.ts";
import { unknownMembers } from "../../shared/node/usable.ts";
import { throwRefusal } from "../platform/refused.ts";

/** Reads a body of at most `maxBytes`. It stops reading a longer body. */
export async function readBytes(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  // Polls have no body, and most requests are polls.
  if (body === null) return new Uint8Array(0);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > maxBytes) throwRefusal("body_too_large", `The body may have at most ${maxBytes} bytes.`);
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

/** Unpacks gzip bytes. It stops when they unpack to more than `maxBytes`. */
export async function gunzip(packed: Uint8Array<ArrayBuffer>, maxBytes: number): Promise<Uint8Array> {
  const stream = new Response(packed).body?.pipeThrough(new DecompressionStream("gzip")) ?? null;
  try {
    return await readBytes(stream, maxBytes);
  } catch (error) {
    if (error instanceof TypeError)
      throwRefusal("malformed_request", "The body is not what its gzip coding says.");
    throw error;
  }
}

/** Reads a document of an agent with the strict parser and a schema. */
export function readDocument<T extends z.ZodMiniType>(
  schema: T,
  bytes: Uint8Array,
  maxBytes: number,
): z.output<T> {
  return readTold(schema, bytes, maxBytes).taken;
}

/** Reads a report of an agent. Members that this hub does not know are removed, and are named in words. */
export function readTold<T extends z.ZodMiniType>(
  schema: T,
  bytes: Uint8Array,
  maxBytes: number,
): { readonly taken: z.output<T>; readonly unknown: readonly string[] } {
  const parsed = parseStrictJson(bytes, maxBytes);
  if (!parsed.ok) {
    return throwRefusal(
      "malformed_request",
      `The JSON is not taken: ${parsed.error.reason} (at ${parsed.error.at}).`,
    );
  }
  const checked = schema.safeParse(parsed.value);
  if (checked.success) {
    return { taken: checked.data, unknown: unknownMembers(parsed.value, checked.data) };
  }
  const [issue] = checked.error.issues;
  const path = issue?.path.map((part) => `/${String(part)}`).join("") || "/";
  return throwRefusal(
    "invalid_input",
    `${path.slice(0, 200)}: ${issue?.message.slice(0, 200) ?? "is invalid"}`,
  );
}

/** The bytes of a field. Its schema has checked before that it is base64url of the right length. */
export function bytesOf(text: string, what: string): Uint8Array<ArrayBuffer> {
  return fromBase64url(text) ?? throwRefusal("invalid_input", `${what} is not canonical base64url.`);
}
