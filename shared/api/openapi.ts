import * as z from "zod/mini";
import { ERRORS } from "../base/errors/catalogue.ts";
import { type Endpoint, isWrite } from "./endpoint.ts";
import { ENDPOINT_LIST, type EndpointId } from "./endpoints.ts";

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
    },
    servers: [{ url: "/" }],
    security: [{ token: [] }, { session: [] }],
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
      schemas: { Problem: PROBLEM },
    },
  };
}

/** A refusal (RFC 9457). */
export const PROBLEM: Json = {
  type: "object",
  required: ["type", "title", "status", "detail", "code"],
  properties: {
    type: { type: "string" },
    title: { type: "string" },
    status: { type: "integer" },
    detail: { type: "string" },
    code: { type: "string", enum: Object.keys(ERRORS) },
    request_id: { type: "string" },
    issues: {
      type: "array",
      items: {
        type: "object",
        required: ["path", "message"],
        properties: {
          path: { type: "string" },
          message: { type: "string" },
          line: { type: "integer" },
          column: { type: "integer" },
        },
      },
    },
  },
};

function operation(endpoint: Endpoint & { readonly id: EndpointId }): Json {
  const status = String(endpoint.status ?? (endpoint.response === null ? 204 : 200));
  return {
    operationId: endpoint.id,
    summary: endpoint.summary,
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
      default: {
        description: "Refused",
        content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
      },
    },
  };
}

function success({ response }: Endpoint): Json {
  if (response === null) return { description: "Done" };
  if (response === "stream") {
    return {
      description: "Server-sent events",
      content: { "text/event-stream": { schema: { type: "string" } } },
    };
  }
  if (response === "file") {
    const text = { schema: { type: "string" } };
    return { description: "A file", content: { "text/csv": text, "application/x-ndjson": text } };
  }
  return {
    description: "Done",
    headers: { ETag: { schema: { type: "string" } } },
    content: { "application/json": { schema: schemaOf(response, "output") } },
  };
}

const pathParameters = ({ path }: Endpoint): Json[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));

function queryParameters({ query }: Endpoint): Json[] {
  if (!query) return [];
  const { properties, required } = schemaOf(query, "input") as { properties?: Json; required?: string[] };
  return Object.entries(properties ?? {}).map(([name, schema]) => ({
    name,
    in: "query",
    required: required?.includes(name) ?? false,
    schema,
  }));
}

function headerParameters(endpoint: Endpoint): Json[] {
  const header = (name: string, required: boolean) => ({
    name,
    in: "header",
    required,
    schema: { type: "string" },
  });
  return [
    ...(endpoint.ifMatch ? [header("If-Match", true)] : []),
    ...(isWrite(endpoint) ? [header("Idempotency-Key", false), header("X-Rustronaut-Note", false)] : []),
  ];
}

/** A schema as JSON Schema. */
export function schemaOf(schema: z.ZodMiniType, io: "input" | "output"): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" }) as Json;
  return rest;
}
