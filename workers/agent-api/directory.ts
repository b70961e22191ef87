import { BoundedMap } from "../../shared/base/bounded-map.ts";
import type { DirectoryEntry, SeenNode } from "../../shared/node/segment-mesh.ts";
import type { Bindings } from "../platform/env.ts";
import { meshObject } from "../platform/objects.ts";

/** For so long (milliseconds) an isolate answers polls by itself. A revocation waits for no longer than that. */
const LEASE_MS = 1_000;
/** While one request asks the object, others answer with what is known, for so much longer. */
const GRACE_MS = 1_000;
const MAX_SEGMENTS = 500;

/** How the nodes of a segment stand, as its object said it last. Plain data: requests share it. */
interface SegmentDirectory {
  version: number;
  readonly entries: Map<string, DirectoryEntry>;
  pollSeconds: number;
  askedAt: number;
  askingSince: number;
  /** Who polled since the object was told. */
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

/** Asks the segment's object where the isolate does not know a version of the directory yet, which a hint has named. */
export async function catchUpTo(version: number, bindings: Bindings, segment: string): Promise<void> {
  const directory = directories.get(segment) ?? remember(segment);
  if (directory.version < version) await refresh(bindings, segment, directory, Date.now());
}

/** Notes a heartbeat, which the next question takes along. */
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
