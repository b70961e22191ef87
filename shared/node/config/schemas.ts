import * as z from "zod/mini";
import { COMPOSITE } from "../../crypto/composite.ts";
import { X_WING, X25519 } from "../../crypto/lengths.ts";
import { CHECK_LIMITS, isCheckName, isCheckTarget } from "./device-check.ts";
import { isMeshDomain } from "./domain.ts";
import { isIcmpRequest } from "./icmp.ts";
import { COMPOSITE_SCHEME, KEM_SCHEME, LIMITS } from "./types.ts";

/**
 * The exact shape of every signed object. Unknown members are refused, and members are written and signed in this
 * order. Each value has its own bounds here. Other checks decide what the values mean together.
 */

const count = z.int().check(z.gte(0));
const positive = z.int().check(z.gte(1));
const instant = z.int().check(z.gte(0), z.lte(8_640_000_000_000_000));
const listOf = <T extends z.core.$ZodType>(item: T, max: number) => z.array(item).check(z.maxLength(max));
const bytes = (length: number) =>
  z.string().check(z.length(Math.ceil((length * 4) / 3)), z.regex(/^[A-Za-z0-9_-]+$/, "must be base64url"));

const hash = bytes(32);
const keyId = bytes(16);
/** Ids become part of file names and firewall comments. */
const id = z.string().check(z.regex(/^[A-Za-z0-9_-]{1,64}$/, "must be an id"));
const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const label = z.string().check(z.regex(new RegExp(`^${LABEL}$`), "must be a DNS label"));
const domain = z.string().check(z.refine(isMeshDomain, "must be a domain of a mesh"));
/** A name for people. It has no control characters, and no marks that reorder text. */
const name = z
  .string()
  .check(
    z.minLength(1),
    z.maxLength(100),
    z.regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u, "must not hold hidden characters"),
  );
/** Addresses and prefixes. A later check decides which are valid, since that check can tell the reason. */
const address = z.string().check(z.maxLength(64));

const serial = z.strictObject({ epoch: count, rootVersion: positive, counter: count });
const roleKeys = z.strictObject({ keyIds: listOf(keyId, 16), threshold: z.int() });

const root = z.strictObject({
  type: z.literal("root"),
  network: id,
  version: positive,
  epoch: count,
  issuedAt: instant,
  expiresAt: instant,
  keys: z.record(
    keyId,
    z.strictObject({ scheme: z.literal(COMPOSITE_SCHEME), publicKey: bytes(COMPOSITE.publicKey) }),
  ),
  roles: z.strictObject({ root: roleKeys, online: roleKeys }),
  hubKem: z.strictObject({ scheme: z.literal(KEM_SCHEME), publicKey: bytes(X_WING.publicKey) }),
  overlay: z.strictObject({ ipv4: address, ipv6: address }),
});

const head = z.strictObject({
  type: z.literal("head"),
  network: id,
  segment: id,
  serial,
  treeSize: positive,
  treeRoot: hash,
  issuedAt: instant,
  expiresAt: instant,
});

const leaf = z.strictObject({ type: z.literal("leaf"), network: id, node: id, serial, manifest: hash });

const check = z
  .strictObject({
    name: z.string().check(z.refine(isCheckName, "must be the name of a check")),
    kind: z.enum(["file", "process"]),
    target: z.string(),
    sha256: listOf(z.string().check(z.regex(/^[0-9a-f]{64}$/, "must be a SHA-256")), CHECK_LIMITS.hashes),
  })
  .check(z.refine(({ kind, target }) => isCheckTarget(kind, target), "must not look there"));

const relayDuty = z.strictObject({
  bytesPerSecond: z.int().check(z.gte(1_000), z.lte(100_000_000_000)),
  legs: listOf(hash, LIMITS.legs).check(z.minLength(1)),
});

const manifest = z.strictObject({
  type: z.literal("manifest"),
  network: id,
  node: id,
  name: label,
  domain,
  segment: z.strictObject({ id, name }),
  ipv4: address,
  ipv6: address,
  // IPv6 allows no MTU below 1280 (RFC 8200 §5).
  mtu: z.int().check(z.gte(1_280), z.lte(9_200)),
  record: hash,
  component: hash,
  // The number has no bound here, so that the refusal can name too many peers as the reason. The bytes are bounded
  // before.
  peers: z.array(hash),
  forwards: listOf(address, LIMITS.routesPerPeer),
  leaseSeconds: z.int().check(z.gte(60), z.lte(90 * 86_400)),
  checks: z.exactOptional(listOf(check, CHECK_LIMITS.checks).check(z.minLength(1))),
  relay: z.exactOptional(relayDuty),
  probes: z.exactOptional(z.literal(true)),
});

const prefixes = listOf(address, LIMITS.routesPerPeer).check(z.minLength(1));
const grant = z.strictObject({ rule: id, from: z.exactOptional(prefixes), to: z.exactOptional(prefixes) });

const grants = listOf(grant, LIMITS.grantsPerPeer);

const endpoints = listOf(address, LIMITS.endpointsPerPeer);
const port = z.int().check(z.gte(1), z.lte(65_535));

const relayedPath = z.strictObject({
  node: id,
  name: label,
  leg: id,
  probeKey: bytes(32),
  endpoints: endpoints.check(z.minLength(1)),
});

const legEnd = z.strictObject({ node: id, record: hash, endpoints });
const leg = z.strictObject({
  type: z.literal("leg"),
  network: id,
  node: id,
  id,
  port,
  probeKey: bytes(32),
  ends: z.tuple([legEnd, legEnd]),
});

const peer = z.strictObject({
  type: z.literal("peer"),
  network: id,
  node: id,
  name: label,
  ipv4: address,
  ipv6: address,
  record: hash,
  routes: listOf(address, LIMITS.routesPerPeer),
  endpoints,
  inbound: grants,
  outbound: grants,
  denied: z.exactOptional(z.strictObject({ inbound: grants, outbound: grants })),
  relays: z.exactOptional(listOf(relayedPath, LIMITS.relaysPerPeer).check(z.minLength(1))),
});

const record = z.strictObject({
  type: z.literal("record"),
  network: id,
  node: id,
  wireguard: bytes(X25519.publicKey),
  kem: bytes(X_WING.publicKey),
  signing: hash,
});

const traffic = z
  .strictObject({
    protocol: z.enum(["any", "tcp", "udp", "icmp", "other"]),
    family: z.exactOptional(z.literal([4, 6])),
    ports: listOf(
      z.tuple([port, port]).check(z.refine(([from, to]) => from <= to, "must not end before it begins")),
      64,
    ),
  })
  .check(
    z.refine(
      ({ protocol, ports }) => ports.length === 0 || ["tcp", "udp", "icmp"].includes(protocol),
      "only tcp and udp have ports, and icmp has requests",
    ),
    z.refine(
      ({ protocol, ports }) =>
        protocol !== "icmp" || ports.every(([first, last]) => first === last && isIcmpRequest(first)),
      "must name requests of ICMP",
    ),
  );

const weekly = z.strictObject({
  timeZone: z.string().check(z.regex(/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/, "must be a time zone")),
  windows: listOf(
    z.strictObject({
      days: listOf(z.int().check(z.gte(1), z.lte(7)), 7).check(z.minLength(1)),
      from: z.int().check(z.gte(0), z.lte(1_439)),
      to: z.int().check(z.gte(0), z.lte(1_440)),
    }),
    16,
  ).check(z.minLength(1)),
});

const component = z.strictObject({
  type: z.literal("component"),
  network: id,
  segment: id,
  revision: count,
  rules: listOf(
    z.strictObject({
      id,
      name,
      traffic: listOf(traffic, 64).check(z.minLength(1)),
      effect: z.exactOptional(z.literal("deny")),
      notBefore: z.exactOptional(instant),
      notAfter: z.exactOptional(instant),
      weekly: z.exactOptional(weekly),
      log: z.exactOptional(z.literal(true)),
    }),
    LIMITS.rules,
  ),
});

export const SCHEMAS = { root, head, leaf, manifest, component, peer, record, leg } as const;

/** The answer to a poll, before anything of it is decoded. */
export const configUpdate = z.object({
  roots: z.optional(z.array(z.string())),
  proof: z.optional(
    z.strictObject({
      head: z.string(),
      leaf: z.string(),
      index: count,
      // A tree of 2^53 leaves has no longer path.
      path: listOf(hash, 53),
    }),
  ),
  objects: z.optional(z.array(z.string())),
});
