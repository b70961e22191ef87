import { BoundedMap } from "../../shared/base/bounded-map.ts";
import type { DirectoryEntry, SeenNode } from "../../shared/node/segment-mesh.ts";
import type { Bindings } from "../platform/env.ts";
import { meshObject } from "../platform/objects.ts";

/** How long an isolate answers polls by itself, in milliseconds. A revocation waits no longer than that. */
const LEASE_MS = 1_000;
/** How much longer other requests use the known entries while one request asks the object, in milliseconds. */
const GRACE_MS = 1_000;
const MAX_SEGMENTS = 500;

/**
 * The standings of a segment's nodes, as the segment's object last gave them. It is plain data, so requests can share
 * it.
 */
interface SegmentDirectory {
  version: number;
  readonly entries: Map<string, DirectoryEntry>;
  pollSeconds: number;
  askedAt: number;
  askingSince: number;
  /** The nodes that polled since the last question to the object. */
  readonly seen: Map<string, SeenNode>;
}

const directories = new BoundedMap<string, SegmentDirectory>(MAX_SEGMENTS);

export interface NodeStanding {
  readonly entry: DirectoryEntry | undefined;
  readonly pollSeconds: number;
}

/**
 * How a node stands now, at most two seconds old; the object is asked once per second and isolate, however many nodes
 * poll (`docs/decisions/0009`).
 *
 * @param isFresh Asks the object whatever is known.
 */
export async function standingOf(
  bindings: Bindings,
  segment: string,
  node: string,
  isFresh = false,
): Promise<NodeStanding> {
  const directory = directories.get(segment) ?? remember(segment);
  const now = Date.now();
  const age = now - directory.askedAt;
  const isAsked = now - directory.askingSince < GRACE_MS;
  if (isFresh || age >= LEASE_MS + GRACE_MS || (age >= LEASE_MS && !isAsked)) {
    await refresh(bindings, segment, directory, now);
  }
  return { entry: directory.entries.get(node), pollSeconds: directory.pollSeconds };
}

/** Asks the segment's object if a hint has named a version of the directory that this isolate does not know yet. */
export async function catchUpTo(version: number, bindings: Bindings, segment: string): Promise<void> {
  const directory = directories.get(segment) ?? remember(segment);
  if (directory.version < version) await refresh(bindings, segment, directory, Date.now());
}

/** Notes a heartbeat. The next question to the object carries it. */
export function markSeen(segment: string, seen: SeenNode): void {
  directories.get(segment)?.seen.set(seen.node, seen);
}

async function refresh(
  bindings: Bindings,
  segment: string,
  directory: SegmentDirectory,
  now: number,
): Promise<void> {
  directory.askingSince = now;
  const seen = [...directory.seen.values()];
  directory.seen.clear();
  const { version } = directory;
  try {
    const answer = await meshObject(bindings, segment).directory(version, seen);
    // An answer to an older question must not undo a newer one.
    if (!answer.full && directory.version !== version) return;
    if (answer.full) directory.entries.clear();
    for (const entry of answer.entries) directory.entries.set(entry.node, entry);
    for (const node of answer.removed) directory.entries.delete(node);
    directory.version = answer.version;
    directory.pollSeconds = answer.pollSeconds;
    directory.askedAt = now;
  } finally {
    directory.askingSince = 0;
  }
}

function remember(segment: string): SegmentDirectory {
  const directory: SegmentDirectory = {
    version: 0,
    entries: new Map(),
    pollSeconds: 30,
    askedAt: 0,
    askingSince: 0,
    seen: new Map(),
  };
  directories.set(segment, directory);
  return directory;
}
