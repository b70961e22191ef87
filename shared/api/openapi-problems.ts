import { ERRORS, type ErrorCode, refusal } from "../base/errors/catalogue.ts";
import { toProblem } from "../base/errors/problem.ts";

type Json = Record<string, unknown>;

/** The refusals of both APIs (RFC 9457), as OpenAPI describes them. */

const PROBLEM: Json = {
  type: "object",
  description: "Why a request was refused (RFC 9457)",
  required: ["type", "title", "status", "detail", "code"],
  properties: {
    type: { type: "string", format: "uri", description: "Names the kind of problem" },
    title: { type: "string", description: "The kind of problem in words that don't change" },
    status: { type: "integer", description: "The HTTP status" },
    detail: { type: "string", description: "What was wrong this time, and what to do next" },
    code: {
      type: "string",
      description: "The kind of problem, stable, for programs",
      enum: Object.keys(ERRORS),
    },
    request_id: { type: "string", description: "Finds this request in the hub's logs" },
    decision_id: { type: "string", description: "The access decision that refused it" },
    retry_after_seconds: { type: "integer", description: "Wait as long before you try again" },
    issues: {
      type: "array",
      description: "Every wrong place of the input",
      items: {
        type: "object",
        required: ["path", "message"],
        properties: {
          path: { type: "string", description: "A JSON pointer (RFC 6901) into the body or the query" },
          message: { type: "string", description: "What is wrong there" },
          line: { type: "integer", description: "The line of a policy, from 1" },
          column: { type: "integer", description: "The column of a policy, from 1" },
          code: { type: "string", description: "The kind of fault, if there is more to say than wrong" },
        },
      },
    },
  },
};

/** The refusals that an operation may give, each with the code that stands as its example. */
const REFUSALS = {
  Malformed: ["malformed_request", "The body is not valid JSON."],
  Unauthenticated: ["unauthenticated", "Send an API token, or sign in."],
  Forbidden: ["forbidden", "This needs the role owner; yours is admin."],
  NotFound: ["not_found", "There is no such resource."],
  Conflict: ["conflict", "The name wiki is taken."],
  PreconditionFailed: ["precondition_failed", "Read it again, and make the change from what it is now."],
  TooLarge: ["body_too_large", "The body may have at most 1048576 bytes."],
  UnsupportedMediaType: ["unsupported_media_type", "Send the body as application/json."],
  Invalid: ["invalid_input", "/name: must be a label, such as wiki."],
  UpgradeRequired: ["upgrade_required", "Install a newer rustronaut-agent."],
  PreconditionRequired: ["precondition_required", "Send If-Match with the ETag that you read."],
  RateLimited: ["rate_limited", "Try again in 10 s."],
  Unavailable: ["unavailable", "Try again in a moment. If it persists, report the request id."],
} as const satisfies Record<string, readonly [code: ErrorCode, detail: string]>;

export type RefusalName = keyof typeof REFUSALS;

/**
 * The refusals of an operation by their status. `default` stands for any other; `componentsOf` holds what they point to.
 */
export const refusals = (names: readonly RefusalName[]): Json => ({
  ...Object.fromEntries(names.map((name) => [ERRORS[REFUSALS[name][0]].status, reference(name)])),
  default: reference("Refused"),
});

/**
 * What the refusals of a document point to.
 * @param used The refusals of all its operations.
 * @param headers What headers a refusal comes with.
 */
export const componentsOf = (
  used: readonly RefusalName[],
  headers: (name: RefusalName | "Refused") => Json | null = () => null,
): { readonly schemas: Json; readonly responses: Json } => ({
  schemas: { Problem: PROBLEM },
  responses: {
    ...Object.fromEntries([...new Set(used)].map((name) => [name, exampleOf(name, headers(name))])),
    Refused: response("Any other refusal", headers("Refused")),
  },
});

function exampleOf(name: RefusalName, headers: Json | null): Json {
  const [code, detail] = REFUSALS[name];
  return response(ERRORS[code].title, headers, { example: toProblem(refusal(code, detail)) });
}

function response(description: string, headers: Json | null, example: Json = {}): Json {
  const schema = { $ref: "#/components/schemas/Problem" };
  return {
    description,
    ...(headers ? { headers } : {}),
    content: { "application/problem+json": { schema, ...example } },
  };
}

const reference = (name: string): Json => ({ $ref: `#/components/responses/${name}` });
