import type * as z from "zod/mini";
import { SCHEMAS } from "../node/config/schemas.ts";
import * as answers from "../node/protocol/answers.ts";
import * as requests from "../node/protocol/schemas.ts";
import { CAPABILITY, HEADERS, TICKET_SCHEME } from "../node/protocol/types.ts";
import { PROBLEM, schemaOf } from "./openapi.ts";

type Json = Record<string, unknown>;

interface Operation {
  readonly method: "get" | "post";
  readonly path: string;
  readonly summary: string;
  /** Carries a ticket and its MAC, and so does the answer. */
  readonly session?: true;
  /** Of `BODIES`. */
  readonly body?: keyof typeof BODIES;
  /** Of `ANSWERS`; nothing but `{}` without one. */
  readonly answer?: keyof typeof ANSWERS;
  readonly parameters?: readonly Json[];
  readonly responses?: Json;
}

const BODIES = {
  ChallengeRequest: requests.challengeRequest,
  ProvenStatement: requests.provenStatement,
  SignedStatement: requests.signedStatement,
  TelemetryReport: requests.telemetryReport,
};

const ANSWERS = {
  Trust: answers.trustAnswer,
  Challenge: answers.challengeAnswer,
  Enrolled: answers.enrollAnswer,
  Session: answers.handshakeAnswer,
  Config: answers.wholeConfigAnswer,
  StoredObject: answers.objectAnswer,
  Rotated: answers.rotateAnswer,
  Reported: answers.telemetryAnswer,
};

/** What travels as signed or hashed bytes inside of the bodies. */
const INSIDE = {
  EnrollStatement: requests.enrollStatement,
  HandshakeStatement: requests.handshakeStatement,
  RotateStatement: requests.rotateStatement,
  NodeFacts: requests.nodeFacts,
  RootDocument: SCHEMAS.root,
  HeadDocument: SCHEMAS.head,
  LeafDocument: SCHEMAS.leaf,
  ManifestDocument: SCHEMAS.manifest,
  ComponentDocument: SCHEMAS.component,
  PeerDocument: SCHEMAS.peer,
  RecordDocument: SCHEMAS.record,
};

const header = (name: string, description: string, required = false): Json => ({
  name,
  in: "header",
  required,
  description,
  schema: { type: "string" },
});

const CAPABILITY_HEADER = header(HEADERS.capability, `The agent's capability number; now ${CAPABILITY}`);
const SESSION_HEADERS = [
  header(HEADERS.counter, "Grows with each request of the ticket", true),
  header(HEADERS.nonce, "16 random bytes", true),
  header(HEADERS.mac, "HMAC of the request under the session key", true),
];
const SEALED_HEADERS = Object.fromEntries(
  [HEADERS.time, HEADERS.mac].map((name) => [name, { schema: { type: "string" } }]),
);

const OPERATIONS: readonly Operation[] = [
  { method: "get", path: "/trust", summary: "All roots, oldest first", answer: "Trust" },
  {
    method: "post",
    path: "/enroll/challenge",
    summary: "A challenge for new keys",
    body: "ChallengeRequest",
    answer: "Challenge",
  },
  {
    method: "post",
    path: "/enroll",
    summary: "Join: the statement is an EnrollStatement",
    body: "ProvenStatement",
    answer: "Enrolled",
  },
  {
    method: "post",
    path: "/handshake",
    summary: "Open a session: the statement is a HandshakeStatement",
    body: "SignedStatement",
    answer: "Session",
  },
  {
    method: "get",
    path: "/config",
    summary: "What is to be applied, where it is not what is applied",
    session: true,
    answer: "Config",
    parameters: [
      header("If-None-Match", "The one tag of what is applied"),
      header("Prefer", "`wait=N`: hold the answer for up to N seconds (at most 25) until something changes"),
      header("Rustronaut-Directory", "After a hint, its `directory`: the answer is no older than the hint"),
    ],
    responses: { 304: { description: "What is applied is right now", headers: SEALED_HEADERS } },
  },
  {
    method: "get",
    path: "/objects/{hash}",
    summary: "One object that the newest config leads to",
    session: true,
    answer: "StoredObject",
    parameters: [{ name: "hash", in: "path", required: true, schema: { type: "string" } }],
  },
  {
    method: "post",
    path: "/telemetry",
    summary: "A report; `Content-Encoding: gzip` is taken",
    session: true,
    body: "TelemetryReport",
    answer: "Reported",
  },
  {
    method: "post",
    path: "/keys/challenge",
    summary: "A challenge for the keys of a rotation",
    session: true,
    body: "ChallengeRequest",
    answer: "Challenge",
  },
  {
    method: "post",
    path: "/keys",
    summary: "Rotate the WireGuard and KEM keys: the statement is a RotateStatement",
    session: true,
    body: "ProvenStatement",
    answer: "Rotated",
  },
  { method: "post", path: "/logout", summary: "Leave the network", session: true },
  {
    method: "get",
    path: "/socket",
    summary: 'A WebSocket that carries {"changed":true,"directory":17}; answers "ping" with "pong"',
    session: true,
    responses: { 101: { description: "Open" } },
  },
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
    },
    servers: [{ url: "/" }],
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
        Problem: PROBLEM,
        ...schemasOf(BODIES),
        ...schemasOf(ANSWERS),
        ...schemasOf(INSIDE),
      },
    },
  };
}

function describe({
  method,
  path,
  summary,
  session,
  body,
  answer,
  parameters = [],
  responses,
}: Operation): Json {
  const isSocket = responses !== undefined && "101" in responses;
  const done = {
    description: "Done",
    ...(session ? { headers: SEALED_HEADERS } : {}),
    content: { "application/json": { schema: answer ? reference(answer) : { type: "object" } } },
  };
  return {
    operationId: `${method}${path.replace(/\W+(\w)/g, (_, letter: string) => letter.toUpperCase()).replace(/\W/g, "")}`,
    summary,
    security: session ? [{ ticket: [] }] : [],
    parameters: [CAPABILITY_HEADER, ...(session ? SESSION_HEADERS : []), ...parameters],
    ...(body
      ? { requestBody: { required: true, content: { "application/json": { schema: reference(body) } } } }
      : {}),
    responses: {
      ...(isSocket ? {} : { 200: done }),
      ...responses,
      default: {
        description: "Refused",
        ...(session ? { headers: SEALED_HEADERS } : {}),
        content: { "application/problem+json": { schema: reference("Problem") } },
      },
    },
  };
}

const reference = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });

const schemasOf = (schemas: Readonly<Record<string, z.ZodMiniType>>): Json =>
  Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, schemaOf(schema, "input")]));
