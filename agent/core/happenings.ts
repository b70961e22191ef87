import type { AcceptedConfig, AppliedConfig } from "../../shared/node/config/accept.ts";
import type { Serial } from "../../shared/node/config/types.ts";
import type { Consequence } from "../hub/consequence.ts";
import type { FileName, Freshness } from "../state/store.ts";
import type { Ending, LifeEvent, Poll } from "./life.ts";

/** What can come about in the life of a node, and what the shell does for it. */

/** Why a config is brought into force: the agent starts, the hub sent another, or the peers may come back. */
export type Occasion = "start" | "change" | "return";

/** What came about, around the agent or by one of its effects. */
export type Happening =
  /** What was on disk has been read, and verified again. */
  | {
      readonly type: "opened";
      /** To be tried first: the newest that was accepted. */
      readonly next: AppliedConfig | null;
      /** The last one that was applied without a fault. */
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
  /** The config before is in force again, as far as the system lets it. */
  | { readonly type: "unenforced"; readonly occasion: Occasion; readonly reason: string }
  /** The hub proved that what is applied is what it wants. */
  | { readonly type: "unchanged"; readonly poll: Poll; readonly hubTime: number; readonly skewMs: number }
  /** The hub sent something that holds. */
  | {
      readonly type: "accepted";
      readonly poll: Poll;
      readonly accepted: AcceptedConfig;
      /** Envelopes of the roots that came with it. */
      readonly roots: readonly string[];
      readonly hubTime: number;
      readonly skewMs: number;
    }
  /** The hub, or who speaks for it, sent something that this node must not apply. */
  | { readonly type: "refused"; readonly poll: Poll; readonly reason: string }
  /** A poll failed. */
  | { readonly type: "failed"; readonly consequence: Consequence; readonly reason: string }
  | { readonly type: "hinted"; readonly directory: string | null }
  /** This machine has other addresses, or another way to the hub. */
  | { readonly type: "moved" }
  | { readonly type: "ticked" }
  /** Silent peers were tried at other endpoints. */
  | { readonly type: "searched"; readonly isWorthMore: boolean }
  | { readonly type: "ended"; readonly ending: Exclude<Ending, "revoked"> };

/** What the shell does, in this order. */
export type Effect =
  | {
      readonly type: "enforce";
      readonly config: AppliedConfig;
      /** Everything but the peers. */
      readonly isApart: boolean;
      readonly occasion: Occasion;
    }
  | { readonly type: "isolate" }
  | { readonly type: "mend" }
  /** Tries silent peers at other endpoints; `searched` follows. */
  | { readonly type: "search" }
  /** Lets peers know where this machine is now, and looks for them. */
  | { readonly type: "seek" }
  | { readonly type: "remove"; readonly keepsExit: boolean }
  /** Lets nothing go around an exit node that is relied on. */
  | { readonly type: "hold_exit" }
  /** Takes away whoever an earlier run left in the tunnel. */
  | { readonly type: "drop_peers" }
  | { readonly type: "keep_config"; readonly file: "config" | "next"; readonly config: AppliedConfig }
  | { readonly type: "keep_lease" }
  | { readonly type: "keep_roots"; readonly envelopes: readonly string[] }
  /** Remembers that the membership is over, and why. */
  | { readonly type: "keep_end"; readonly reason: string }
  | { readonly type: "forget"; readonly files: readonly FileName[] }
  /** Pending keys that the config names come into use. */
  | { readonly type: "settle_keys"; readonly config: AppliedConfig }
  | { readonly type: "tell"; readonly what: "config" | "touch" | "move" }
  /** Cuts short a poll that is held, and a pause. */
  | { readonly type: "wake" }
  /** Gives up all connections, and what failed so far. */
  | { readonly type: "start_anew" }
  | { readonly type: "log"; readonly level: "info" | "warn"; readonly message: string };

/** How the node stands otherwise from now on, and what is done about it. */
export interface Decision {
  readonly events: readonly LifeEvent[];
  readonly effects: readonly Effect[];
}
