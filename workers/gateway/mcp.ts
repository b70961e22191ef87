import { MAX_MESSAGE_BYTES, type MessageId, readMessage } from "../../shared/access/mcp/message.ts";
import type { McpFacts } from "../../shared/access/policy/request.ts";
import type { Question } from "../../shared/access/question.ts";
import { type Refusal, refusal } from "../../shared/base/errors/catalogue.ts";
import { err, ok, type Result } from "../../shared/base/result.ts";
import { boundedBody } from "../platform/bounded-body.ts";

/** A request to an MCP server. Its body was read, and is sent on as it came. */
interface McpRequest {
  readonly request: Request;
  /** Null if the request has no body. */
  readonly facts: McpFacts | null;
  readonly id: MessageId;
}

interface McpRefusal {
  readonly refusal: Refusal;
  readonly answersTo: JsonRpcAnswer;
}

/** To which message an answer belongs. */
export interface JsonRpcAnswer {
  readonly id: MessageId;
  /** The code of JSON-RPC 2.0 §5.1. */
  readonly code: number;
}

/** The code of our own refusals, from the range that JSON-RPC leaves to servers. */
export const REFUSED = -32_003;

/**
 * Reads the message of a request to an MCP server, so that policies can judge what it asks for. What is no message is
 * refused: a server might read it all the same.
 */
export async function readMcp(
  request: Request,
  { opensSocket }: Question,
): Promise<Result<McpRequest, McpRefusal>> {
  if (opensSocket)
    return no("method_not_allowed", "MCP servers behind this gateway are called by POST, not by WebSocket.");
  if (request.method !== "POST" && request.body === null) return ok({ request, facts: null, id: null });
  if (request.headers.has("content-encoding"))
    return no(
      "unsupported_media_type",
      "Send the message without a content coding, so that it can be judged.",
    );
  const type = request.headers.get("content-type")?.split(";", 1)[0]?.trim().toLowerCase();
  if (request.method !== "POST" || type !== "application/json")
    return no(
      "unsupported_media_type",
      "This is an MCP server: send one JSON-RPC message as application/json.",
    );
  const bytes = await boundedBody(request.body, MAX_MESSAGE_BYTES);
  if (bytes === null)
    return no("body_too_large", `A message has at most ${MAX_MESSAGE_BYTES / 1_048_576} MiB.`);
  const message = readMessage(bytes);
  if (!message.ok) {
    const { why, id, code } = message.error;
    return no("malformed_request", why, { id, code });
  }
  return ok({ request: new Request(request, { body: bytes }), ...message.value });
}

const no = (
  code: Refusal["code"],
  detail: string,
  answersTo: JsonRpcAnswer = { id: null, code: -32_600 },
): Result<never, McpRefusal> => err({ refusal: refusal(code, detail), answersTo });
