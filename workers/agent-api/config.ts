import { type ConfigTag, compareSerials, parseTag } from "../../shared/node/config/serial.ts";
import { HEADERS, WIRE_LIMITS } from "../../shared/node/protocol/types.ts";
import type { Bindings } from "../platform/env.ts";
import { meshObject } from "../platform/objects.ts";
import { throwRefusal } from "../platform/refused.ts";
import { pause } from "../platform/timer.ts";
import { catchUpTo, markSeen } from "./directory.ts";
import { json, type Reply } from "./refused.ts";
import type { AgentSession } from "./session.ts";
import { requireMember } from "./standing.ts";

/** How often a waiting poll looks again. */
const LOOK_MS = 1_000;

/**
 * Answers 304 while the applied config is right, without asking the segment's object. Otherwise answers with what the
 * node lacks.
 */
export async function config(request: Request, bindings: Bindings, session: AgentSession): Promise<Reply> {
  const applied = appliedOf(request.headers.get("if-none-match"));
  const until = Date.now() + waitOf(request.headers.get("prefer")) * 1_000;
  await catchUpTo(hintedOf(request.headers.get(HEADERS.directory)), bindings, session.ticket.segment);
  for (;;) {
    const etag = await issuedTo(bindings, session, applied);
    // The heartbeat carries the counter of the applied config, which acknowledges this config. Only an issued config
    // can be applied.
    markSeen(session.ticket.segment, { node: session.node, counter: applied?.serial.counter ?? null });
    if (etag === null)
      throwRefusal("unavailable", "The node's first config is being made.", { retryAfterSeconds: 1 });
    if (applied === null || etag !== applied.text) return changed(bindings, session, applied);
    // A poll of a node that left is not held, and the node is not marked as seen.
    if (Date.now() + LOOK_MS > until || request.signal.aborted)
      return { status: 304, body: "", etag: `"${etag}"` };
    await pause(LOOK_MS);
  }
}

interface Applied extends ConfigTag {
  readonly text: string;
}

/** The config that the node says it has applied. Null for none yet. */
function appliedOf(header: string | null): Applied | null {
  if (header === null) return null;
  const text = /^"([^"]{1,200})"$/.exec(header.slice(0, 300))?.[1];
  const tag = text === undefined ? null : parseTag(text);
  if (!tag || text === undefined) {
    return throwRefusal("malformed_request", "If-None-Match must be the one tag that a config came with.");
  }
  return { ...tag, text };
}

/** The version of the directory that the hint before this poll named. 0 without a hint. */
const hintedOf = (header: string | null): number => (/^\d{1,15}$/.test(header ?? "") ? Number(header) : 0);

/** Seconds of `Prefer: wait=N` (RFC 7240 §4.3), at most 25; 0 without it. */
function waitOf(header: string | null): number {
  const seconds = /^wait=(\d{1,4})$/.exec(header ?? "")?.[1];
  return seconds === undefined ? 0 : Math.min(Number(seconds), WIRE_LIMITS.waitSeconds);
}

/** The tag of the config that was last issued to the node. Refuses a node that claims to have applied a newer one. */
async function issuedTo(
  bindings: Bindings,
  session: AgentSession,
  applied: Applied | null,
): Promise<string | null> {
  const known = (await requireMember(bindings, session)).entry.etag;
  if (!isAhead(applied, known)) return known;
  // The object may have issued the config a moment ago, so that this isolate does not know it yet.
  const newest = (await requireMember(bindings, session, true)).entry.etag;
  if (!isAhead(applied, newest)) return newest;
  return throwRefusal(
    "applied_ahead",
    "The node has applied more than the hub ever issued. After a restore from a backup, raise the epoch: `rustronaut trust raise-epoch`.",
  );
}

/** An epoch or a root that the node has not seen is newer by its own right. */
function isAhead(applied: Applied | null, etag: string | null): boolean {
  const issued = applied === null || applied.text === etag ? null : parseTag(etag ?? "");
  return applied !== null && issued !== null && compareSerials(applied.serial, issued.serial) > 0;
}

async function changed(bindings: Bindings, session: AgentSession, applied: Applied | null): Promise<Reply> {
  const answer = await meshObject(bindings, session.ticket.segment).config(
    session.node,
    applied?.manifest ?? null,
    applied?.serial.rootVersion ?? 0,
  );
  if (!answer) {
    // The object knows more than the isolate. Most often the node lost its membership a moment ago.
    await requireMember(bindings, session, true);
    return throwRefusal("unavailable", "The config changes at this moment.", { retryAfterSeconds: 1 });
  }
  const { serial, manifest } = answer;
  const etag = `"${serial.epoch}.${serial.rootVersion}.${serial.counter}.${manifest}"`;
  return { ...json(answer), etag };
}

const HASH = /^[A-Za-z0-9_-]{43}$/;

/** Answers with one object that the node's newest config leads to. Every other object counts as missing. */
export async function object(bindings: Bindings, session: AgentSession, hash: string): Promise<Reply> {
  await requireMember(bindings, session);
  const bytes = HASH.test(hash)
    ? await meshObject(bindings, session.ticket.segment).object(session.node, hash)
    : null;
  if (bytes === null) {
    await requireMember(bindings, session, true);
    return throwRefusal("not_found", "The node's newest config does not lead to this object.");
  }
  return { ...json({ bytes }), headers: { "cache-control": "private, max-age=31536000, immutable" } };
}
