import type { AppliedConfig, ConfigState } from "../../shared/node/config/accept.ts";
import { formatTag } from "../../shared/node/config/serial.ts";
import type { RootDocument, Serial } from "../../shared/node/config/types.ts";
import type { Standing } from "../hub/consequence.ts";
import { type Lease, type Moment, openLease, renewLease } from "./lease.ts";

/** Why the agent stopped. A signal leaves the tunnel up. The other endings take it down. */
export type Ending = "signal" | "down" | "logout" | "revoked";

/** How a node stands: everything that its agent remembers, except keys and connections. */
export interface Life {
  readonly standing: Standing;
  /** Why the node is not `running`, or null. */
  readonly detail: string | null;
  /** The newest root, and the config in force. */
  readonly config: ConfigState;
  /** The last good config. It is kept here while the agent tries a newer config that it found on the disk. */
  readonly spare: AppliedConfig | null;
  /**
   * The lease in seconds of the config that the disk held at the start. Peers that an earlier run left in the tunnel have
   * this lease while no config could be enforced. Null if there was no config.
   */
  readonly leftSeconds: number | null;
  /** The node takes no config older than this, even when the config with this serial could not be read. */
  readonly floor: Serial | null;
  /** Why the newest config is not in force, or null. */
  readonly applyError: string | null;
  readonly lease: Lease;
  /** Whether the peers were taken away although the config names them. */
  readonly isApart: boolean;
  /** The next poll does not name the applied config, so the answer brings everything. */
  readonly needsAll: boolean;
  /** The directory version that the next poll tells the hub to have at least. */
  readonly hinted: string | null;
  /** When the agent last compared the system with the config, on the steady clock. */
  readonly mendedAt: number;
  /** Whether the agent should try other endpoints of silent peers. */
  readonly searches: boolean;
  readonly ending: Ending | null;
}

export type LifeEvent =
  | {
      readonly type: "opened";
      readonly lease: Lease;
      readonly leftSeconds: number | null;
      readonly floor: Serial | null;
    }
  /** The agent tries a config that it found on the disk. `spare` is the config to fall back on. */
  | { readonly type: "tried"; readonly spare: AppliedConfig | null }
  | { readonly type: "applied"; readonly config: AppliedConfig; readonly isApart: boolean }
  | { readonly type: "not_applied"; readonly reason: string }
  /** The same config with a newer proof. */
  | { readonly type: "proven"; readonly config: AppliedConfig }
  | { readonly type: "rooted"; readonly root: RootDocument }
  | { readonly type: "renewed"; readonly hubTime: number; readonly skewMs: number; readonly now: Moment }
  | { readonly type: "written"; readonly now: Moment }
  /** The hub answered a poll that named a hint, or none. */
  | { readonly type: "answered"; readonly hinted: string | null }
  /** The node did not take what the hub sent. The next poll asks for everything, or again only for changes. */
  | { readonly type: "doubted" }
  | { readonly type: "trusted" }
  | { readonly type: "touched" }
  | { readonly type: "lost"; readonly standing: Standing; readonly detail: string }
  | { readonly type: "hinted"; readonly directory: string | null }
  | { readonly type: "isolated" }
  | { readonly type: "mended"; readonly now: Moment }
  | { readonly type: "searched"; readonly isWorthMore: boolean }
  | { readonly type: "ended"; readonly ending: Ending };

export const newLife = (root: RootDocument): Life => ({
  standing: "starting",
  detail: null,
  config: { root, applied: null },
  spare: null,
  leftSeconds: null,
  floor: null,
  applyError: null,
  lease: openLease(null, { wall: 0, steady: 0 }),
  isApart: false,
  needsAll: false,
  hinted: null,
  mendedAt: 0,
  searches: true,
  ending: null,
});

export function apply(life: Life, event: LifeEvent): Life {
  switch (event.type) {
    case "opened":
      return { ...life, lease: event.lease, leftSeconds: event.leftSeconds, floor: event.floor };
    case "tried":
      return { ...life, spare: event.spare };
    case "applied":
      return {
        ...life,
        config: { ...life.config, applied: event.config },
        isApart: event.isApart,
        applyError: null,
        searches: true,
      };
    case "not_applied":
      return { ...life, applyError: event.reason };
    case "proven":
      return { ...life, config: { ...life.config, applied: event.config } };
    case "rooted":
      return { ...life, config: { ...life.config, root: event.root } };
    case "renewed":
      return { ...life, lease: renewLease(life.lease, event.hubTime, event.skewMs, event.now) };
    case "written":
      return { ...life, lease: { ...life.lease, writtenAt: event.now.steady } };
    case "answered":
      return life.hinted === event.hinted ? { ...life, hinted: null } : life;
    case "doubted":
      return { ...life, needsAll: !life.needsAll };
    case "trusted":
      return { ...life, needsAll: false };
    case "touched":
      return { ...life, standing: "running", detail: null };
    case "lost":
      return { ...life, standing: event.standing, detail: event.detail };
    case "hinted":
      return { ...life, hinted: event.directory };
    case "isolated":
      return { ...life, isApart: true };
    case "mended":
      return { ...life, mendedAt: event.now.steady, searches: true };
    case "searched":
      return { ...life, searches: event.isWorthMore };
    case "ended":
      return { ...life, ending: event.ending };
  }
}

/** What the next poll asks for. */
export interface Poll {
  /** The tag of the applied config. Null asks for everything. */
  readonly tag: string | null;
  /** Whether the hub may hold its answer until something changes. */
  readonly waits: boolean;
  readonly hinted: string | null;
}

/** A node that has just started or returned asks without waiting, so that it learns at once how it stands. */
export const pollOf = ({ standing, config, needsAll, hinted }: Life): Poll => ({
  tag: config.applied && !needsAll ? tagOf(config.applied) : null,
  waits: standing === "running",
  hinted,
});

export const tagOf = ({ serial, manifestHash }: AppliedConfig): string =>
  formatTag({ serial, manifest: manifestHash });
