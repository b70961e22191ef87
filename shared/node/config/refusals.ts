import { err } from "../../base/result.ts";

/** All reasons why a node refuses an update of the hub. Each has a stable code and a remedy. */
export const CONFIG_REFUSALS = {
  // sizes
  UPDATE_MALFORMED: "Upgrade the hub and the agent to versions that fit together.",
  UPDATE_TOO_LARGE: "Let fewer nodes talk to this one, or split its segment.",
  TOO_MANY_ROOTS: "Enrol the node again with a new enrolment key.",
  TOO_MANY_OBJECTS: "Let fewer nodes talk to this one, or split its segment.",
  TOO_MANY_PEERS: "Let fewer nodes talk to this one, or split its segment.",
  OBJECT_TOO_LARGE: "Split the segment's rules, or let fewer nodes talk to this one.",
  // received bytes
  NOT_STRICT_JSON: "The hub sent what no hub writes: find out who answers in its place.",
  INVALID_SHAPE: "Upgrade the hub and the agent to versions that fit together.",
  // signatures
  ENVELOPE_TOO_LARGE: "The hub sent what no hub writes: find out who answers in its place.",
  ENVELOPE_MALFORMED: "The hub sent what no hub writes: find out who answers in its place.",
  ENVELOPE_WRONG_TYPE: "The hub sent what no hub writes: find out who answers in its place.",
  ENVELOPE_DUPLICATE_KEY: "The hub sent what no hub writes: find out who answers in its place.",
  ENVELOPE_UNKNOWN_KEY:
    "Publish a root that names the hub's present key, or find out who signs in its place.",
  ENVELOPE_WRONG_SIGNATURE: "Someone changed what was signed: find out who answers in the hub's place.",
  ENVELOPE_TOO_FEW_SIGNATURES: "Have enough holders of the role's keys sign it.",
  // roots
  ROOT_NOT_PINNED: "Enrol the node again with an enrolment key of this hub.",
  ROOT_GAP: "Publish the missing roots, or enrol the node again.",
  ROOT_EPOCH_DECREASED: "Sign the root again with an epoch that is not lower than before.",
  ROOT_EXPIRED: "Sign and publish a new root.",
  ROOT_KEY_ID: "Sign the root again with ids that are the hashes of the keys.",
  ROOT_THRESHOLD: "Sign the root again with a threshold between 1 and the number of distinct keys.",
  ROOT_SHARED_KEY: "Give the hub a key of its own: a root key must never be online.",
  ROOT_OVERLAY: "Sign the root again with ranges of 100.64.0.0/10 and fd00::/8.",
  // the head and its leaf
  WRONG_NETWORK: "Check that the hub's address is the one that the node enrolled with.",
  WRONG_SEGMENT: "The hub sent parts of two configurations: find out who answers in its place.",
  WRONG_NODE: "The hub sent another node's configuration: find out who answers in its place.",
  WRONG_ROOT: "Wait for the hub to sign under its newest root.",
  HEAD_EXPIRED: "Someone may be holding back newer ones: check the hub, and this machine's clock.",
  HEAD_FROM_FUTURE: "Check the clocks of the hub and of this machine.",
  SERIAL_OLD: "Someone may be replaying an older one. After a restore from a backup, raise the root's epoch.",
  SERIAL_REUSED: "Two hubs sign for one network: stop one, then raise the root's epoch.",
  NOT_INCLUDED: "The hub sent what no hub writes: find out who answers in its place.",
  // the objects
  OBJECT_MISSING: "The next poll asks for all of them.",
  OBJECT_UNEXPECTED: "The next poll asks for all of them.",
  OBJECT_WRONG_TYPE: "The hub sent what no hub writes: find out who answers in its place.",
  ORDER_WRONG: "Upgrade the hub and the agent to versions that fit together.",
  // meaning of the objects
  OWN_RECORD_UNKNOWN: "Rotate the node's keys, or enrol it again.",
  RECORD_FOREIGN: "Have the peer enrol again.",
  PEER_IS_SELF: "The hub sent what no hub writes: find out who answers in its place.",
  PEER_DUPLICATE: "The hub sent what no hub writes: find out who answers in its place.",
  PEER_HAS_OWN_KEY: "Two machines hold the same keys: enrol one of them again.",
  KEY_DUPLICATE: "Two peers hold the same keys: enrol one of them again.",
  KEY_WEAK: "Have the peer make new keys and enrol again.",
  ADDRESS_INVALID: "Give the node another address.",
  ADDRESS_OUTSIDE_OVERLAY: "Give the node an address inside of the ranges that the root names.",
  ADDRESS_DUPLICATE: "Give one of the two nodes another address.",
  ROUTE_INVALID: "Withdraw the route, or approve it as a canonical prefix.",
  ROUTE_FORBIDDEN: "Withdraw the route: it would take traffic that belongs to the machine or to the overlay.",
  ROUTE_OVERLAP: "Withdraw one of the two routes.",
  EXIT_UNASKED: "Choose the exit node on this machine, or withdraw it at the hub.",
  ENDPOINT_INVALID: "Correct the endpoint that the peer reports.",
  LEG_MISUSED: "The hub sent what no hub writes: find out who answers in its place.",
  RULE_UNKNOWN: "The hub sent parts of two configurations: the next poll asks for all of them.",
  RULE_MISUSED: "The hub sent what no hub writes: find out who answers in its place.",
  GRANT_OUTSIDE_ROUTES: "Approve the route that the rule needs, or narrow the rule.",
} as const satisfies Record<string, string>;

export type ConfigRefusalCode = keyof typeof CONFIG_REFUSALS;

export interface ConfigRefusal {
  readonly code: ConfigRefusalCode;
  /** The part of the update that is refused, such as `peer nod_…`. */
  readonly where: string;
  readonly detail: string;
  readonly remedy: string;
}

export const refused = (code: ConfigRefusalCode, where: string, detail: string) =>
  err<ConfigRefusal>({ code, where, detail, remedy: CONFIG_REFUSALS[code] });
