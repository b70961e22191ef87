import type * as z from "zod/mini";
import { CAPABILITY, TICKET_SCHEME } from "../node/protocol/types.ts";
import {
  ANSWERS,
  BODIES,
  CAPABILITY_HEADER,
  INSIDE,
  OPERATIONS,
  type Operation,
  SEALED_HEADERS,
  SESSION_HEADERS,
} from "./agent-operations.ts";
import { PUBLISHER, schemaOf } from "./openapi.ts";
import { componentsOf, type RefusalName, refusals } from "./openapi-problems.ts";

type Json = Record<string, unknown>;

const reference = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });

/** JSON in base64url, of one of these kinds. */
const encoded = (...kinds: readonly (keyof typeof INSIDE)[]): Json => ({
  contentEncoding: "base64url",
  contentMediaType: "application/json",
  contentSchema: kinds.length === 1 ? reference(kinds[0] ?? "") : { anyOf: kinds.map(reference) },
});

/** A DSSE envelope as text, whose payload is of this kind. */
const envelope = (kind: keyof typeof INSIDE): Json => ({
  contentMediaType: "application/json",
  contentSchema: {
    type: "object",
    description: "A DSSE envelope",
    properties: { payload: { type: "string", ...encoded(kind), contentEncoding: "base64" } },
  },
});

const OBJECT = encoded("ManifestDocument", "ComponentDocument", "PeerDocument", "RecordDocument");

/** Where a schema says only that there is text: what the text holds. */
const HELD: readonly (readonly [schema: string, path: readonly string[], held: Json])[] = [
  ["Trust", ["roots", "items"], envelope("RootDocument")],
  ["Config", ["roots", "items"], envelope("RootDocument")],
  ["Config", ["proof", "head"], envelope("HeadDocument")],
  ["Config", ["proof", "leaf"], encoded("LeafDocument")],
  ["Config", ["objects", "items"], OBJECT],
  ["StoredObject", ["bytes"], OBJECT],
  ["TelemetryReport", ["facts", "statement"], encoded("NodeFacts")],
];

/** The agents' API as an OpenAPI 3.1 document. `docs/agent-protocol.md` says what its bytes mean. */
export function agentApiDocument(): Json {
  const paths: Record<string, Json> = {};
  for (const operation of OPERATIONS)
    paths[`/agent/v1${operation.path}`] = { [operation.method]: describe(operation) };
  return {
    openapi: "3.1.0",
    info: {
      title: "Rustronaut agent API",
      version: String(CAPABILITY),
      description:
        "How nodes join, poll and report. The cryptography is in docs/agent-protocol.md. Every answer that is not a success is a problem document (RFC 9457) with a stable `code`.",
      ...PUBLISHER,
    },
    servers: [{ url: "/", description: "The hub that serves agents" }],
    tags: [
      { name: "joining", description: "What a node needs no session for" },
      { name: "session", description: "What only a node with a session may ask" },
    ],
    paths,
    components: {
      securitySchemes: {
        ticket: {
          type: "apiKey",
          in: "header",
          name: "Authorization",
          description: `\`${TICKET_SCHEME} <ticket>\`, with the MAC headers of each request`,
        },
      },
      schemas: {
        ...problems.schemas,
        ...withHeld({ ...schemasOf(BODIES), ...schemasOf(ANSWERS), ...schemasOf(INSIDE) }),
      },
      responses: problems.responses,
    },
  };
}

/** A hub that can't read a ticket has no key to prove itself with. */
const problems = componentsOf(OPERATIONS.flatMap(refusalsOf), (name) =>
  name === "Unauthenticated" ? null : SEALED_HEADERS,
);

function describe(operation: Operation): Json {
  const { method, path, summary, description, session, body, statement, answer, parameters = [] } = operation;
  const isSocket = operation.responses !== undefined && "101" in operation.responses;
  const done = {
    description: "Done",
    ...(session ? { headers: SEALED_HEADERS } : {}),
    content: { "application/json": { schema: answer ? reference(answer) : { type: "object" } } },
  };
  return {
    operationId: `${method}${path.replace(/\W+(\w)/g, (_, letter: string) => letter.toUpperCase()).replace(/\W/g, "")}`,
    summary,
    description,
    tags: [session ? "session" : "joining"],
    security: session ? [{ ticket: [] }] : [],
    parameters: [CAPABILITY_HEADER, ...(session ? SESSION_HEADERS : []), ...parameters],
    ...(body
      ? {
          requestBody: {
            required: true,
            content: { "application/json": { schema: bodyOf(body, statement) } },
          },
        }
      : {}),
    responses: {
      ...(isSocket ? {} : { 200: done }),
      ...operation.responses,
      ...refusals(refusalsOf(operation)),
    },
  };
}

function bodyOf(body: string, statement: Operation["statement"]): Json {
  if (!statement) return reference(body);
  return { allOf: [reference(body), { type: "object", properties: { statement: encoded(statement) } }] };
}

/** The refusals that an operation of this kind gives. */
function refusalsOf({ session, body, path }: Operation): RefusalName[] {
  return [
    "Malformed",
    ...(session || path === "/handshake" ? (["Unauthenticated"] as const) : []),
    ...(session || body ? (["Forbidden", "Conflict"] as const) : []),
    ...(path.includes("{") ? (["NotFound"] as const) : []),
    ...(body ? (["TooLarge"] as const) : []),
    "UpgradeRequired",
    ...(session || path === "/enroll" ? (["RateLimited"] as const) : []),
    "Unavailable",
  ];
}

const schemasOf = (schemas: Readonly<Record<string, z.ZodMiniType>>): Record<string, Json> =>
  Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, schemaOf(schema, "input")]));

function withHeld(schemas: Record<string, Json>): Json {
  for (const [name, path, held] of HELD) {
    const place = path.reduce<Json>(
      (schema, step) =>
        (schema.properties as Record<string, Json> | undefined)?.[step] ?? (schema[step] as Json),
      schemas[name] as Json,
    );
    Object.assign(place, held);
  }
  return schemas;
}
