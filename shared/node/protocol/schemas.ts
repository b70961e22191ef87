import * as z from "zod/mini";
import { CHECK_LIMITS, isCheckName } from "../config/device-check.ts";
import { MOVE_REASONS, PATH_KINDS, PATH_STATES, WIRE_LIMITS } from "./types.ts";

/**
 * The requests that the hub accepts from agents. Every field is bounded. The hub refuses an unknown member in a request
 * or a proof. In what a node reports about itself (`nodeFacts`, `telemetryReport`) it skips unknown members, since a
 * newer agent may report more.
 */

const bytes = (min: number, max = min) =>
  z
    .string()
    .check(
      z.minLength(encodedLength(min)),
      z.maxLength(encodedLength(max)),
      z.regex(/^[A-Za-z0-9_-]*$/, "must be base64url"),
    );
const encodedLength = (length: number) => Math.ceil((length * 4) / 3);

const count = z.int().check(z.gte(0));
const instant = z.int().check(z.gte(0), z.lte(8_640_000_000_000_000));
/** Printable ASCII, because these words appear in terminals and log lines. */
const word = (max: number) => z.string().check(z.maxLength(max), z.regex(/^[\x20-\x7e]*$/, "must be ASCII"));
export const nodeId = z.string().check(z.regex(/^nod_[0-9a-hjkmnp-tv-z]{26}$/));
const hash = bytes(32);
const listOf = <T extends z.core.$ZodType>(item: T, max: number) => z.array(item).check(z.maxLength(max));

const publicKeys = z.strictObject({ signing: bytes(1_984), wireguard: bytes(32), kem: bytes(1_216) });
/** A composite signature: ML-DSA-65 (3,309 bytes) and Ed25519 (64 bytes). */
export const signature = bytes(3_373);
export const statement = (max: number) => bytes(1, max);
const challenge = bytes(1, 1_024);
const prefix = word(64);

export const signedStatement = z.strictObject({ statement: statement(16_384), signature });
export const provenStatement = z.strictObject({
  statement: statement(16_384),
  signature,
  possession: bytes(32),
});

export const challengeRequest = z.strictObject({ keys: publicKeys });

export const nodeFacts = z.object({
  os: word(100),
  kernel: word(100),
  agentVersion: word(50),
  agentHash: hash,
  uptimeSeconds: count,
  diskEncrypted: z.nullable(z.boolean()),
  firewall: z.nullable(z.boolean()),
  osId: z.optional(word(50)),
  osVersion: z.optional(word(50)),
  screenLock: z.optional(z.nullable(z.boolean())),
  measuredAt: z.optional(instant),
  checks: z.optional(
    listOf(
      z.object({
        name: z.string().check(z.refine(isCheckName, "must be the name of a check")),
        of: bytes(16),
        // A newer agent may know more results: they are answers to nothing that a policy asks for.
        result: word(20),
      }),
      CHECK_LIMITS.checks,
    ),
  ),
});

export const enrollStatement = z.strictObject({
  keys: publicKeys,
  challenge,
  // `nodeLabel` decides about its characters. The host name is printed nowhere else.
  hostname: z.string().check(z.maxLength(WIRE_LIMITS.hostname)),
  routes: listOf(prefix, WIRE_LIMITS.routes),
  facts: nodeFacts,
  time: instant,
  hubCiphertext: bytes(1_120),
  sealedKey: bytes(17, 300),
});

export const handshakeStatement = z.strictObject({
  node: nodeId,
  counter: count,
  time: instant,
  nonce: bytes(16),
  hubCiphertext: bytes(1_120),
});

export const rotateStatement = z.strictObject({ node: nodeId, keys: publicKeys, challenge, time: instant });

const serial = z.object({ epoch: count, rootVersion: count, counter: count });

const peerReport = z.object({
  node: nodeId,
  handshakeAt: z.nullable(instant),
  receivedBytes: count,
  sentBytes: count,
  endpoint: z.nullable(word(64)),
  // A newer agent may know more kinds of paths: see `knownPeers`.
  path: word(20),
});

const condition = z.object({
  code: z.string().check(z.regex(/^[a-z][a-z0-9_]{0,39}$/, "must be a code")),
  detail: word(WIRE_LIMITS.conditionDetail),
});

const flowReport = z.object({
  direction: z.enum(["in", "out"]),
  peer: word(64),
  near: z.nullable(prefix),
  far: z.nullable(prefix),
  protocol: z.string().check(z.regex(/^[a-z0-9][a-z0-9.-]{0,19}$/, "must be a protocol")),
  port: z.nullable(z.int().check(z.gte(1), z.lte(65_535))),
  verdict: z.enum(["allowed", "denied"]),
  count,
  seenAt: instant,
});

/** No round trip takes longer than a minute. */
const micros = z.int().check(z.gte(0), z.lte(60_000_000));
const pathReport = z.object({
  peer: nodeId,
  kind: z.enum(PATH_KINDS),
  endpoint: word(64),
  relay: z.exactOptional(nodeId),
  halfMicros: z.exactOptional(micros),
  inUse: z.boolean(),
  state: z.enum(PATH_STATES),
  rttMicros: z.nullable(micros),
  jitterMicros: z.nullable(micros),
  lossPermille: z.nullable(z.int().check(z.gte(0), z.lte(1_000))),
  measuredAt: z.nullable(instant),
});
const pathMove = z.object({
  peer: nodeId,
  at: instant,
  from: z.nullable(word(64)),
  to: word(64),
  kind: z.enum(PATH_KINDS),
  why: z.enum(MOVE_REASONS),
});

export const telemetryReport = z.object({
  at: instant,
  sequence: count,
  applied: z.nullable(z.object({ serial, manifest: hash })),
  applyError: z.nullable(word(500)),
  endpoints: z.optional(z.nullable(listOf(word(64), WIRE_LIMITS.endpoints))),
  routes: z.optional(z.nullable(listOf(prefix, WIRE_LIMITS.routes))),
  exitNode: z.optional(z.nullable(word(63))),
  conditions: z.optional(z.nullable(listOf(condition, WIRE_LIMITS.conditions))),
  facts: z.optional(signedStatement),
  peers: listOf(peerReport, WIRE_LIMITS.peersPerReport),
  flows: z.optional(listOf(flowReport, WIRE_LIMITS.flowsPerReport)),
  hits: z.optional(
    listOf(
      z.object({ rule: z.string().check(z.regex(/^[A-Za-z0-9_-]{1,64}$/, "must be an id")), packets: count }),
      WIRE_LIMITS.hitsPerReport,
    ),
  ),
  ruleset: z.optional(z.nullable(z.object({ format: count, digest: hash, manifest: hash }))),
  drifts: z.optional(
    listOf(z.object({ at: instant, steps: listOf(word(40), 8) }), WIRE_LIMITS.driftsPerReport),
  ),
  paths: z.optional(listOf(pathReport, WIRE_LIMITS.pathsPerReport)),
  moves: z.optional(listOf(pathMove, WIRE_LIMITS.movesPerReport)),
  clockSkewMs: z.int(),
});
