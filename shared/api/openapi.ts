import * as z from "zod/mini";
import { type Endpoint, isWrite } from "./endpoint.ts";
import { ENDPOINT_LIST, type EndpointId } from "./endpoints.ts";
import { componentsOf, type RefusalName, refusals } from "./openapi-problems.ts";
import { TAGS } from "./openapi-tags.ts";

type Json = Record<string, unknown>;

const TITLE = "Rustronaut admin API";

/** The admin API as an OpenAPI 3.1 document. */
export function openApiDocument(): Json {
  const paths: Record<string, Json> = {};
  for (const endpoint of ENDPOINT_LIST) {
    const operations = paths[endpoint.path] ?? {};
    operations[endpoint.method.toLowerCase()] = operation(endpoint);
    paths[endpoint.path] = operations;
  }
  return {
    openapi: "3.1.0",
    info: {
      title: TITLE,
      version: "1",
      description:
        "Every answer that is not a success is a problem document (RFC 9457) with a stable `code`. Lists go by cursor. Writes take an `Idempotency-Key`; changes of one thing need `If-Match` with its `ETag`. Paths take an id or the unique name.",
      ...PUBLISHER,
    },
    servers: [{ url: "/", description: "The hub that serves this document" }],
    security: [{ token: [] }, { session: [] }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: {
        token: { type: "http", scheme: "bearer", description: "An API token, `rnapi_…`." },
        session: {
          type: "apiKey",
          in: "cookie",
          name: "__Host-rn_s",
          description:
            "A signed-in administrator's browser. Writes also need the header `X-Rustronaut-Csrf: 1`.",
        },
      },
      ...componentsOf(ENDPOINT_LIST.flatMap(refusalsOf)),
    },
  };
}

/** Who answers for an API is who runs the hub: there is no service of ours behind it. */
export const PUBLISHER = {
  contact: { name: "The owners of this hub" },
  license: { name: "Apache License 2.0", identifier: "Apache-2.0" },
} as const;

function operation(endpoint: Endpoint & { readonly id: EndpointId }): Json {
  const status = String(endpoint.status ?? (endpoint.response === null ? 204 : 200));
  return {
    operationId: endpoint.id,
    summary: endpoint.summary,
    description: descriptionOf(endpoint),
    tags: [endpoint.id.split(".")[0]],
    "x-role": endpoint.role,
    ...(endpoint.role === "public" ? { security: [{ token: [] }] } : {}),
    parameters: [...pathParameters(endpoint), ...queryParameters(endpoint), ...headerParameters(endpoint)],
    ...(endpoint.body
      ? {
          requestBody: {
            required: true,
            content: { "application/json": { schema: schemaOf(endpoint.body, "input") } },
          },
        }
      : {}),
    responses: {
      [status]: success(endpoint),
      ...refusals(refusalsOf(endpoint)),
    },
  };
}

const NEEDS: Record<Endpoint["role"], string> = {
  public: "Needs the bootstrap token as bearer.",
  signed_in: "Needs a sign-in and no role.",
  auditor: "Needs the role auditor.",
  admin: "Needs the role admin.",
  owner: "Needs the role owner.",
};

/** What follows from the kind of an operation, in sentences. */
function descriptionOf(endpoint: Endpoint): string {
  const { role, query, response, ifMatch } = endpoint;
  const isPaged = query !== undefined && "cursor" in propertiesOf(query);
  return [
    NEEDS[role],
    ...(isPaged ? ["Gives one page; `next` is the `cursor` of the one after it, null on the last."] : []),
    ...(ifMatch ? ["Needs the `ETag` of what it changes."] : []),
    ...(isWrite(endpoint) ? ["May be repeated with the same `Idempotency-Key`: it is done once."] : []),
    ...(endpoint.safe ? ["Changes nothing."] : []),
    ...(response === "stream" ? ["Stays open."] : []),
  ].join(" ");
}

/** The refusals that an operation of this kind gives. */
function refusalsOf(endpoint: Endpoint): RefusalName[] {
  const { path, role, query, body, ifMatch } = endpoint;
  const takesInput = query !== undefined || body !== undefined;
  const isHidden =
    path.includes("{") || (endpoint.method === "GET" && role !== "auditor" && role !== "signed_in");
  return [
    ...(takesInput || isWrite(endpoint) ? (["Malformed"] as const) : []),
    "Unauthenticated",
    ...(endpoint.method === "GET" ? [] : (["Forbidden"] as const)),
    ...(isHidden ? (["NotFound"] as const) : []),
    ...(isWrite(endpoint) ? (["Conflict"] as const) : []),
    ...(ifMatch ? (["PreconditionFailed", "PreconditionRequired"] as const) : []),
    ...(body ? (["TooLarge", "UnsupportedMediaType"] as const) : []),
    ...(takesInput || isWrite(endpoint) ? (["Invalid"] as const) : []),
    // To check a policy takes long, so a caller may do it only so often.
    ...(path.includes("/policies") && body ? (["RateLimited"] as const) : []),
    "Unavailable",
  ];
}

function success({ response }: Endpoint): Json {
  if (response === null) return { description: "Done" };
  if (response === "stream") {
    return {
      description: "Server-sent events",
      content: { "text/event-stream": { schema: { type: "string" } } },
    };
  }
  if (response === "metrics") {
    const text = { schema: { type: "string" } };
    return {
      description: "Text for Prometheus",
      content: { "application/openmetrics-text": text, "text/plain": text },
    };
  }
  if (response === "file") {
    const text = { schema: { type: "string" } };
    return { description: "A file", content: { "text/csv": text, "application/x-ndjson": text } };
  }
  return {
    description: "Done",
    headers: { ETag: { description: "The version of a thing, for `If-Match`", schema: { type: "string" } } },
    content: { "application/json": { schema: schemaOf(response, "output") } },
  };
}

const pathParameters = ({ path }: Endpoint): Json[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => ({
    name,
    in: "path",
    required: true,
    description: PATH_WORDS[name] ?? "Its id, or its name where names are unique",
    schema: { type: "string" },
  }));

/** What stands in a path and is no id. */
const PATH_WORDS: Readonly<Record<string, string>> = {
  kind: "`user` or `group`",
  number: "The number of a version, from 1",
};

function queryParameters({ query }: Endpoint): Json[] {
  if (!query) return [];
  const { required } = schemaOf(query, "input") as { required?: string[] };
  return Object.entries(propertiesOf(query)).map(([name, { description, ...schema }]) => ({
    name,
    in: "query",
    required: required?.includes(name) ?? false,
    ...(description === undefined ? {} : { description }),
    schema,
  }));
}

const propertiesOf = (schema: z.ZodMiniType): Record<string, Json> =>
  (schemaOf(schema, "input").properties ?? {}) as Record<string, Json>;

function headerParameters(endpoint: Endpoint): Json[] {
  const header = (name: string, description: string, required = false) => ({
    name,
    in: "header",
    required,
    description,
    schema: { type: "string" },
  });
  return [
    ...(endpoint.ifMatch ? [header("If-Match", "The `ETag` that the change was made from", true)] : []),
    ...(isWrite(endpoint)
      ? [
          header(
            "Idempotency-Key",
            "Any text that no other write has: a repetition is answered, not done again",
          ),
          header("X-Rustronaut-Note", "Why it is done, for the history: one line, percent-encoded UTF-8"),
        ]
      : []),
  ];
}

/** A schema as JSON Schema. */
export function schemaOf(schema: z.ZodMiniType, io: "input" | "output"): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: "any",
    override: ({ jsonSchema }) => asArray(jsonSchema),
  }) as Json;
  return rest;
}

/** Writes a tuple of equal parts as an array of so many: not every reader of a document knows tuples. */
function asArray(schema: Json): void {
  const parts = schema.prefixItems;
  if (!Array.isArray(parts) || new Set(parts.map((part) => JSON.stringify(part))).size > 1) return;
  delete schema.prefixItems;
  Object.assign(schema, { items: parts[0], minItems: parts.length, maxItems: parts.length });
}
