import type { AppliedConfig } from "../../shared/node/config/accept.ts";
import type { Condition } from "../../shared/node/protocol/types.ts";
import type { HubConnection } from "../hub/connection.ts";
import type { Standing } from "../hub/consequence.ts";
import type { Way } from "../hub/http.ts";
import type { Log } from "../log.ts";
import type { Keys } from "../state/keys.ts";
import type { Settings } from "../state/store.ts";
import type { TunnelKeeper } from "../tunnel/keeper.ts";

/**
 * Something that a node does beside keeping its tunnel. A part does one thing at a time: what it is told waits until it is
 * through with what it was told before. What it throws is shown under its name, and holds up nobody else.
 */
export interface Part {
  /** Of the file, for people. */
  readonly name: string;
  /** Before the first config. What it does again and again, from now on or later, it asks `again` for. */
  start?(again: Again): unknown;
  /** A config came into force, or the newest could not. */
  onConfig?(inForce: InForce): unknown;
  /** The hub has answered a poll. */
  onTouch?(): unknown;
  /** This machine has other addresses, or another way to the hub. */
  onMove?(): unknown;
  /** What does not work, by the codes of `shared/node/conditions.ts`; none when all of it works. */
  health?(): readonly Condition[];
  /** Ends what it began; what it was told before is not waited for. */
  stop?(): unknown;
}

/**
 * Does something again and again until the part is stopped, and never before the last time is over.
 * @returns Ends it earlier.
 */
export type Again = (everyMs: number, work: () => unknown) => () => void;

export interface InForce {
  readonly applied: AppliedConfig | null;
  /** Why the newest config is not in force, or null. */
  readonly applyError: string | null;
}

/** The node, as its parts see it. */
export interface NodeView {
  readonly settings: Settings;
  /** The hub's origin. */
  readonly hub: string;
  readonly connection: HubConnection;
  readonly way: Way;
  readonly tunnel: TunnelKeeper;
  readonly log: Log;
  /** Addresses of the hub, or of the proxy that leads to it. */
  readonly hubAddresses: () => readonly string[];
  readonly keys: () => Keys;
  readonly standing: () => Standing;
  readonly inForce: () => InForce;
  /** All that does not work on this machine. */
  readonly conditions: () => readonly Condition[];
  /**
   * Somebody says that a poll is worth it.
   * @param directory Which version of the segment's directory has what changed, where that was said.
   */
  readonly hint: (directory: string | null) => void;
  /** This machine has other addresses, or another way to the hub: all begins anew, and every part is told. */
  readonly moved: () => void;
}
