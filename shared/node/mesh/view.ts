import type { Addressed, AnyDocument } from "../config/object.ts";
import type { Tick } from "../config/tick.ts";
import type { ObjectHash } from "../config/types.ts";
import type { NewestHandshake } from "../handshake-verdict.ts";
import type { Issue } from "../plan-tick.ts";
import type { Hold, MemberStatus } from "../segment-mesh.ts";

/** The stored state of a segment's object, in the form that decisions read, and the events that change this state. */

export interface Member {
  readonly status: MemberStatus;
  /** What the member was last given. Null before the first time, and when the node is no member any more. */
  readonly issue: Issue | null;
  readonly newest: NewestHandshake;
  /** `madeAt` of the last floor for the member's handshakes that was taken. */
  readonly floorMade: number;
  /** When the member last shook hands, by the hub's clock. */
  readonly handshakeAt: number | null;
  /** The capability of its agent, by its last handshake. 0 before the first one. */
  readonly capability: number;
}

export interface MeshView {
  member(node: string): Member | null;
  /** The ids of all members, including those that are gone. */
  members(): readonly string[];
  approved(): readonly string[];
  /** Members whose newest issue waits for an administrator, or could not be made. */
  waiting(): readonly string[];
  /** The revision of the registry up to which everything was decided. */
  readonly revision: number;
  /** The revision in which the rules of the segment last changed. */
  readonly rulesRevision: number;
  readonly lastCounter: number;
  /** The rules of the segment, as a text to compare. */
  readonly rules: string | null;
  /** The root that the members' configs rest on: `<epoch>.<version>`. */
  readonly base: string | null;
  hasObject(hash: ObjectHash): boolean;
  document<T extends AnyDocument>(hash: ObjectHash): T | null;
}

export interface NodeIssue {
  readonly node: string;
  readonly issue: Issue;
}

export type MeshEvent =
  /** The member has a new status. If the status is not `approved`, the member's issue is void. */
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
  /**
   * The member must drop the node. The config with this counter tells it so. The member may keep the node until
   * `leaseEndsAt`.
   */
  | {
      readonly type: "revoked";
      readonly node: string;
      readonly member: string;
      readonly counter: number;
      readonly leaseEndsAt: number;
    }
  | { readonly type: "waiting"; readonly nodes: readonly string[]; readonly isWaiting: boolean }
  /** A null hold means that nothing is held for this reason. */
  | { readonly type: "held"; readonly reason: Hold["reason"]; readonly hold: Hold | null }
  | { readonly type: "reached"; readonly revision: number; readonly base: string | null };
