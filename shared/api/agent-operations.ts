import { hitsReport } from "../connector/hits.ts";
import { tunnelsAnswer } from "../connector/tunnels-answer.ts";
import { SCHEMAS } from "../node/config/schemas.ts";
import * as answers from "../node/protocol/answers.ts";
import * as requests from "../node/protocol/schemas.ts";
import { CAPABILITY, HEADERS } from "../node/protocol/types.ts";

type Json = Record<string, unknown>;

/** One operation of the agents' API, as its document says it. */
export interface Operation {
  readonly method: "get" | "post";
  readonly path: string;
  readonly summary: string;
  readonly description: string;
  /** Carries a ticket and its MAC, and so does the answer. */
  readonly session?: true;
  /** Of `BODIES`. */
  readonly body?: keyof typeof BODIES;
  /** What the body's `statement` holds; of `INSIDE`. */
  readonly statement?: keyof typeof INSIDE;
  /** Of `ANSWERS`; nothing but `{}` without one. */
  readonly answer?: keyof typeof ANSWERS;
  readonly parameters?: readonly Json[];
  readonly responses?: Json;
}

export const BODIES = {
  ChallengeRequest: requests.challengeRequest,
  ProvenStatement: requests.provenStatement,
  SignedStatement: requests.signedStatement,
  TelemetryReport: requests.telemetryReport,
  HitsReport: hitsReport,
};

export const ANSWERS = {
  Trust: answers.trustAnswer,
  Challenge: answers.challengeAnswer,
  Enrolled: answers.enrollAnswer,
  Session: answers.handshakeAnswer,
  Config: answers.wholeConfigAnswer,
  StoredObject: answers.objectAnswer,
  Rotated: answers.rotateAnswer,
  Reported: answers.telemetryAnswer,
  Tunnels: tunnelsAnswer,
};

/** What travels as signed or hashed bytes inside of the bodies. */
export const INSIDE = {
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

/** Of what is answered with a WebSocket. */
const SOCKET_OPENS: Json = { 101: { description: "Open" } };

const header = (name: string, description: string, required = false): Json => ({
  name,
  in: "header",
  required,
  description,
  schema: { type: "string" },
});

const query = (name: string, description: string, schema: Json): Json => ({
  name,
  in: "query",
  required: true,
  description,
  schema,
});

export const CAPABILITY_HEADER = header(
  HEADERS.capability,
  `The agent's capability number; now ${CAPABILITY}`,
);
export const SESSION_HEADERS = [
  header(HEADERS.counter, "Grows with each request of the ticket", true),
  header(HEADERS.nonce, "16 random bytes", true),
  header(HEADERS.mac, "HMAC of the request under the session key", true),
];
export const SEALED_HEADERS: Json = {
  [HEADERS.time]: {
    description: "The hub's clock, in milliseconds since the Unix epoch",
    schema: { type: "string" },
  },
  [HEADERS.mac]: {
    description: "HMAC of the answer under the session key; one without it proves nothing",
    schema: { type: "string" },
  },
};

export const OPERATIONS: readonly Operation[] = [
  {
    method: "get",
    path: "/trust",
    summary: "All roots, oldest first",
    description: "What a node starts from: it takes no root that the one before did not sign.",
    answer: "Trust",
  },
  {
    method: "post",
    path: "/enroll/challenge",
    summary: "A challenge for new keys",
    description: "Only who holds the private keys can answer it.",
    body: "ChallengeRequest",
    answer: "Challenge",
  },
  {
    method: "post",
    path: "/enroll",
    summary: "Join the network",
    description: "The enrolment key travels sealed for the hub. A node may have to wait for approval.",
    body: "ProvenStatement",
    statement: "EnrollStatement",
    answer: "Enrolled",
  },
  {
    method: "post",
    path: "/handshake",
    summary: "Open a session",
    description: "Both sides derive the key that signs each request and answer of the session.",
    body: "SignedStatement",
    statement: "HandshakeStatement",
    answer: "Session",
  },
  {
    method: "get",
    path: "/config",
    summary: "What is to be applied, where it is not what is applied",
    description: "A node polls it, and may let the hub hold the answer until something changes.",
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
    description: "For an object that was too large to come with the config.",
    session: true,
    answer: "StoredObject",
    parameters: [
      {
        name: "hash",
        in: "path",
        required: true,
        description: "The SHA-256 of its bytes, base64url",
        schema: { type: "string" },
      },
    ],
  },
  {
    method: "post",
    path: "/telemetry",
    summary: "Report how the node is",
    description: "`Content-Encoding: gzip` is taken. What this hub does not know is left out, and named.",
    session: true,
    body: "TelemetryReport",
    answer: "Reported",
  },
  {
    method: "post",
    path: "/keys/challenge",
    summary: "A challenge for the keys of a rotation",
    description: "As for new keys, for a node that is a member.",
    session: true,
    body: "ChallengeRequest",
    answer: "Challenge",
  },
  {
    method: "post",
    path: "/keys",
    summary: "Rotate the WireGuard and KEM keys",
    description: "The next configs of the node's peers name the new record.",
    session: true,
    body: "ProvenStatement",
    statement: "RotateStatement",
    answer: "Rotated",
  },
  {
    method: "post",
    path: "/logout",
    summary: "Leave the network",
    description: "The peers drop the node as they do one that was revoked.",
    session: true,
  },
  {
    method: "get",
    path: "/tunnels",
    summary: "The private apps that this node serves",
    description:
      "With the keys that sign the passes of their requests. A node asks again after `askSeconds`.",
    session: true,
    answer: "Tunnels",
  },
  {
    method: "post",
    path: "/hits",
    summary: "Report what was passed on to private apps",
    description:
      "By the decisions that the passes name, when `takesHits` of `/tunnels` says so. The hub looks for these decisions.",
    session: true,
    body: "HitsReport",
  },
  {
    method: "get",
    path: "/edge",
    summary: "Open a socket to the edge relay, towards one peer",
    description:
      "A WebSocket with the subprotocol rustronaut-edge.1, whose messages docs/agent-protocol.md describes. For nodes that no UDP path connects.",
    session: true,
    parameters: [query("peer", "The peer's id, which the config names", { type: "string" })],
    responses: SOCKET_OPENS,
  },
  {
    method: "get",
    path: "/tunnel",
    summary: "Open the tunnel of a private app",
    description:
      "A WebSocket with the subprotocol rustronaut-tunnel.1, whose frames docs/agent-protocol.md describes.",
    session: true,
    parameters: [
      query("app", "The app's id, which `/tunnels` names", { type: "string" }),
      query("weight", "How much this node takes, relative to others", {
        type: "integer",
        minimum: 1,
        maximum: 999,
      }),
    ],
    responses: SOCKET_OPENS,
  },
  {
    method: "get",
    path: "/socket",
    summary: "Open a WebSocket that hints at changes",
    description:
      'Carries {"changed":true,"directory":17}; answers "ping" with "pong". A node believes nothing of it, and polls.',
    session: true,
    responses: SOCKET_OPENS,
  },
];
