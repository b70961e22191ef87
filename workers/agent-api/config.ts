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

/** 304 while what the node applied is right, without a word to the segment's object; else what it lacks. */
export async function config(request: Request, bindings: Bindings, session: AgentSession): Promise<Reply> {
  const applied = appliedOf(request.headers.get("if-none-match"));
  const until = Date.now() + waitOf(request.headers.get("prefer")) * 1_000;
  await catchUpTo(hintedOf(request.headers.get(HEADERS.directory)), bindings, session.ticket.segment);
  for (;;) {
    const etag = await issuedTo(bindings, session, applied);
    // With the counter of what is in force, which acknowledges it: only what was issued can be.
    markSeen(session.ticket.segment, { node: session.node, counter: applied?.serial.counter ?? null });
    if (etag === null)
      throwRefusal("unavailable", "The node's first config is being made.", { retryAfterSeconds: 1 });
    if (applied === null || etag !== applied.text) return changed(bindings, session, applied);
    // A node that left is not held, nor marked as seen.
    if (Date.now() + LOOK_MS > until || request.signal.aborted)
      return { status: 304, body: "", etag: `"${etag}"` };
    await pause(LOOK_MS);
  }
}

interface Applied extends ConfigTag {
  readonly text: string;
}

/** What the node says it has applied, or null for nothing yet. */
function appliedOf(header: string | null): Applied | null {
  if (header === null) return null;
  const text = /^"([^"]{1,200})"$/.exec(header.slice(0, 300))?.[1];
  const tag = text === undefined ? null : parseTag(text);
  if (!tag || text === undefined) {
    return throwRefusal("malformed_request", "If-None-Match must be the one tag that a config came with.");
  }
  return { ...tag, text };
}

/** The directory's version that the hint before this poll has named; 0 without one. */
const hintedOf = (header: string | null): number => (/^\d{1,15}$/.test(header ?? "") ? Number(header) : 0);

/** Seconds of `Prefer: wait=N` (RFC 7240 §4.3), at most 25; 0 without it. */
function waitOf(header: string | null): number {
  const seconds = /^wait=(\d{1,4})$/.exec(header ?? "")?.[1];
  return seconds === undefined ? 0 : Math.min(Number(seconds), WIRE_LIMITS.waitSeconds);
}

/** The tag of what was issued to the node last. Refuses a node that claims to have applied more than that. */
async function issuedTo(
  bindings: Bindings,
  session: AgentSession,
  applied: Applied | null,
): Promise<string | null> {
  const known = (await requireMember(bindings, session)).entry.etag;
  if (!isAhead(applied, known)) return known;
  // The object may have issued it a moment ago, which the isolate does not know yet.
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
    // The object knows better than the isolate: most often the node was put out a moment ago.
    await requireMember(bindings, session, true);
    return throwRefusal("unavailable", "The config changes at this moment.", { retryAfterSeconds: 1 });
  }
  const { serial, manifest } = answer;
  const etag = `"${serial.epoch}.${serial.rootVersion}.${serial.counter}.${manifest}"`;
  return { ...json(answer), etag };
}

const HASH = /^[A-Za-z0-9_-]{43}$/;

/** One object that the node's newest config leads to; what it does not lead to is not there. */
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
