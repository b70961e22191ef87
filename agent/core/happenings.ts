import type { AcceptedConfig, AppliedConfig } from "../../shared/node/config/accept.ts";
import type { Serial } from "../../shared/node/config/types.ts";
import type { Consequence } from "../hub/consequence.ts";
import type { FileName, Freshness } from "../state/store.ts";
import type { Ending, LifeEvent, Poll } from "./life.ts";

/** The events in the life of a node, and what the shell does about them. */

/** Why a config is brought into force: the agent starts, the hub sent another config, or the peers may come back. */
export type Occasion = "start" | "change" | "return";

/** An event around the agent, or a result of one of its effects. */
export type Happening =
  /** The shell has read the state from the disk and verified it again. */
  | {
      readonly type: "opened";
      /** The newest accepted config. It is tried first. */
      readonly next: AppliedConfig | null;
      /** The last config that was applied without a fault. */
      readonly good: AppliedConfig | null;
      readonly floor: Serial | null;
      readonly fresh: Freshness | null;
    }
  | {
      readonly type: "enforced";
      readonly config: AppliedConfig;
      readonly isApart: boolean;
      readonly occasion: Occasion;
    }
  /** The previous config is in force again, as far as the system allows it. */
  | { readonly type: "unenforced"; readonly occasion: Occasion; readonly reason: string }
  /** The hub proved that it wants exactly the config that is applied. */
  | { readonly type: "unchanged"; readonly poll: Poll; readonly hubTime: number; readonly skewMs: number }
  /** The hub sent a valid update. */
  | {
      readonly type: "accepted";
      readonly poll: Poll;
      readonly accepted: AcceptedConfig;
      /** The envelopes of the roots that came with the update. */
      readonly roots: readonly string[];
      readonly hubTime: number;
      readonly skewMs: number;
    }
  /** The hub, or someone in its place, sent something that this node must not apply. */
  | { readonly type: "refused"; readonly poll: Poll; readonly reason: string }
  /** A poll failed. */
  | { readonly type: "failed"; readonly consequence: Consequence; readonly reason: string }
  | { readonly type: "hinted"; readonly directory: string | null }
  /** This machine has other addresses, or another way to the hub. */
  | { readonly type: "moved" }
  | { readonly type: "ticked" }
  /** Other endpoints of silent peers were tried. */
  | { readonly type: "searched"; readonly isWorthMore: boolean }
  | { readonly type: "ended"; readonly ending: Exclude<Ending, "revoked"> };

/** What the shell does. The shell performs the effects in their order in the list. */
export type Effect =
  | {
      readonly type: "enforce";
      readonly config: AppliedConfig;
      /** Puts everything in force except the peers. */
      readonly isApart: boolean;
      readonly occasion: Occasion;
    }
  | { readonly type: "isolate" }
  | { readonly type: "mend" }
  /** Tries other endpoints of silent peers. `searched` follows. */
  | { readonly type: "search" }
  /** Tells the peers where this machine is now, and looks for the peers. */
  | { readonly type: "seek" }
  | { readonly type: "remove"; readonly keepsExit: boolean }
  /** Blocks traffic around a required exit node. */
  | { readonly type: "hold_exit" }
  /** Removes the peers that an earlier run left in the tunnel. */
  | { readonly type: "drop_peers" }
  | { readonly type: "keep_config"; readonly file: "config" | "next"; readonly config: AppliedConfig }
  | { readonly type: "keep_lease" }
  | { readonly type: "keep_roots"; readonly envelopes: readonly string[] }
  /** Remembers that the membership is over, and why. */
  | { readonly type: "keep_end"; readonly reason: string }
  | { readonly type: "forget"; readonly files: readonly FileName[] }
  /** Makes the pending keys that the config names the current keys. */
  | { readonly type: "settle_keys"; readonly config: AppliedConfig }
  | { readonly type: "tell"; readonly what: "config" | "touch" | "move" }
  /** Ends a held poll or a pause early. */
  | { readonly type: "wake" }
  /** Closes all connections and forgets the failures so far. */
  | { readonly type: "start_anew" }
  | { readonly type: "log"; readonly level: "info" | "warn"; readonly message: string };

/** How the life of the node changes, and what the shell does about it. */
export interface Decision {
  readonly events: readonly LifeEvent[];
  readonly effects: readonly Effect[];
}
