import type { Addressed, AnyDocument } from "../config/object.ts";
import type { Tick } from "../config/tick.ts";
import type { ObjectHash } from "../config/types.ts";
import type { NewestHandshake } from "../handshake-verdict.ts";
import type { Issue } from "../plan-tick.ts";
import type { Hold, MemberStatus } from "../segment-mesh.ts";

/** What a segment's object has stored, as decisions read it, and the events that change it. */

export interface Member {
  readonly status: MemberStatus;
  /** What it was given last; null before the first time, and where it is no member any more. */
  readonly issue: Issue | null;
  readonly newest: NewestHandshake;
  /** `madeAt` of the floor of its handshakes that was taken last. */
  readonly floorMade: number;
  /** When it last shook hands, by the hub's clock. */
  readonly handshakeAt: number | null;
}

export interface MeshView {
  member(node: string): Member | null;
  /** Ids of all, those that are gone among them. */
  members(): readonly string[];
  approved(): readonly string[];
  /** Members whose newest issue waits for an administrator, or could not be made. */
  waiting(): readonly string[];
  /** Of the registry, up to which everything was decided. */
  readonly revision: number;
  /** In which the rules of the segment last changed. */
  readonly rulesRevision: number;
  readonly lastCounter: number;
  /** The rules that concern the segment, as a text to compare. */
  readonly rules: string | null;
  /** The root under which the members stand: `<epoch>.<version>`. */
  readonly base: string | null;
  hasObject(hash: ObjectHash): boolean;
  document<T extends AnyDocument>(hash: ObjectHash): T | null;
}

export interface NodeIssue {
  readonly node: string;
  readonly issue: Issue;
}

export type MeshEvent =
  /** What the member was given is void where it is not approved. */
  | {
      readonly type: "stands";
      readonly node: string;
      readonly status: MemberStatus;
      readonly newest: NewestHandshake;
      readonly floorMade: number;
    }
  | { readonly type: "rules"; readonly rules: string; readonly revision: number }
  | { readonly type: "stored"; readonly objects: readonly Addressed<AnyDocument>[] }
  | { readonly type: "issued"; readonly issues: readonly NodeIssue[]; readonly tick: Tick }
  /** The member is told with this counter to drop the node, which it may hold until its lease ends. */
  | {
      readonly type: "revoked";
      readonly node: string;
      readonly member: string;
      readonly counter: number;
      readonly leaseEndsAt: number;
    }
  | { readonly type: "waiting"; readonly nodes: readonly string[]; readonly isWaiting: boolean }
  /** `null`: nothing of this reason is held. */
  | { readonly type: "held"; readonly reason: Hold["reason"]; readonly hold: Hold | null }
  | { readonly type: "reached"; readonly revision: number; readonly base: string | null };
