import { hasDuplicateKeys } from "../../base/json-keys.ts";
import { err, ok, type Result } from "../../base/result.ts";
import type { McpFacts } from "../policy/request.ts";

/** The id of a request, to be repeated in its answer (JSON-RPC 2.0 §4). Null for none. */
export type MessageId = string | number | null;

/** One JSON-RPC message of a client. */
export interface McpMessage {
  readonly id: MessageId;
  readonly facts: McpFacts;
}

/** Why a body is no message that can be judged, with the code of JSON-RPC 2.0 §5.1. */
export interface MessageFault {
  readonly code: -32700 | -32600;
  readonly why: string;
  readonly id: MessageId;
}

/** A message may bring a picture or a file. */
export const MAX_MESSAGE_BYTES = 4 * 1_048_576;
const MAX_WORD = 200;

/**
 * What counts in a message. Other readers may match names without regard to case, or take the first of two members with
 * one name: what they could read otherwise is refused, because the same bytes are judged and sent on.
 */
const MEANT = new Set(["jsonrpc", "id", "method", "params", "name"]);

/** Reads a body as one JSON-RPC message (MCP, "Streamable HTTP"; batches ended with its revision of 2025-06-18). */
export function readMessage(bytes: Uint8Array): Result<McpMessage, MessageFault> {
  const fault = (code: MessageFault["code"], why: string, id: MessageId = null) => err({ code, why, id });
  const text = decoded(bytes);
  const json = text === null ? undefined : parsed(text);
  if (text === null || json === undefined) return fault(-32700, "The body is no JSON.");
  if (Array.isArray(json)) return fault(-32600, "Send one message at a time: batches are not taken.");
  if (typeof json !== "object" || json === null) return fault(-32600, "The body is no JSON-RPC message.");
  const message = json as Record<string, unknown>;
  const id = idOf(message);
  if (id === undefined) return fault(-32600, "The id must be a text or a number.");
  if (isAmbiguous(text, message)) return fault(-32600, "The message names a member in two ways.", id);
  if (message.jsonrpc !== "2.0") return fault(-32600, "The message is not of JSON-RPC 2.0.", id);
  const { method, params } = message;
  // The answer of a client to something that the server asked.
  if (method === undefined && ("result" in message || "error" in message))
    return ok({ id: null, facts: { method: "", tool: null } });
  if (!isWord(method)) return fault(-32600, `The method has 1 to ${MAX_WORD} characters.`, id);
  if (method !== "tools/call") return ok({ id, facts: { method, tool: null } });
  const tool = typeof params === "object" && params !== null && "name" in params ? params.name : undefined;
  return isWord(tool)
    ? ok({ id, facts: { method, tool } })
    : fault(-32600, `A call names a tool by 1 to ${MAX_WORD} characters.`, id);
}

const isWord = (value: unknown): value is string =>
  typeof value === "string" && value.length > 0 && value.length <= MAX_WORD;

/** A byte order mark is kept, so that what follows it is no JSON. */
function decoded(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Undefined if it is neither a text nor a number. */
function idOf({ id = null }: Record<string, unknown>): MessageId | undefined {
  if (id === null || (typeof id === "number" && Number.isFinite(id))) return id;
  return typeof id === "string" && id.length <= MAX_WORD ? id : undefined;
}

/** Whether another reader could find another method or tool in the message. */
function isAmbiguous(text: string, message: Record<string, unknown>): boolean {
  const { params } = message;
  const inner = typeof params === "object" && params !== null ? params : {};
  const names = [...Object.keys(message), ...Object.keys(inner)];
  if (names.some((name) => !MEANT.has(name) && MEANT.has(name.normalize("NFKC").toLowerCase()))) return true;
  return hasDuplicateKeys(text);
}
