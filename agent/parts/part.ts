import type { AppliedConfig } from "../../shared/node/config/accept.ts";
import type { Condition } from "../../shared/node/protocol/types.ts";
import type { HubConnection } from "../hub/connection.ts";
import type { Standing } from "../hub/consequence.ts";
import type { Way } from "../hub/http.ts";
import type { Log } from "../log.ts";
import type { PathBook } from "../paths/path-book.ts";
import type { Keys } from "../state/keys.ts";
import type { Settings } from "../state/store.ts";
import type { Vantage } from "../telemetry/vantage.ts";
import type { TunnelKeeper } from "../tunnel/keeper.ts";

/**
 * Something that a node does beside keeping its tunnel. A part does one thing at a time: a new call waits until the
 * part has finished the earlier one. `status` shows an error of a part under the part's name. The error does not stop
 * other parts.
 */
export interface Part {
  /** The name of the file, for people. */
  readonly name: string;
  /** Runs before the first config. The part passes its repeated work to `again`, here or later. */
  start?(again: Again): unknown;
  /** A config came into force, or the newest config could not come into force. */
  onConfig?(inForce: InForce): unknown;
  /** The hub has answered a poll. */
  onTouch?(): unknown;
  /** This machine has other addresses, or another way to the hub. */
  onMove?(): unknown;
  /**
   * The conditions of this part, by the codes of `shared/node/conditions.ts`. The list is empty when everything works.
   */
  health?(): readonly Condition[];
  /** Ends the work that the part began. It does not wait for earlier calls. */
  stop?(): unknown;
}

/**
 * Repeats some work until the part is stopped. A new run starts only after the last run is over.
 * @returns A function that ends the repetition earlier.
 */
export type Again = (everyMs: number, work: () => unknown) => () => void;

export interface InForce {
  readonly applied: AppliedConfig | null;
  /** Why the newest config is not in force, or null. */
  readonly applyError: string | null;
}

/** The view of the node that its parts get. */
export interface NodeView {
  /** The node's id. */
  readonly id: string;
  readonly settings: Settings;
  /** The hub's origin. */
  readonly hub: string;
  readonly connection: HubConnection;
  readonly way: Way;
  readonly tunnel: TunnelKeeper;
  readonly paths: PathBook;
  readonly log: Log;
  /** The addresses of the hub, or of the proxy that leads to the hub. */
  readonly hubAddresses: () => readonly string[];
  readonly keys: () => Keys;
  readonly standing: () => Standing;
  readonly inForce: () => InForce;
  /** The hub's time now, as far as it is known, in milliseconds since the Unix epoch. */
  readonly hubTime: () => number;
  /** Until when the config in force may be used without a word of the hub, in the hub's time. */
  readonly leasedUntil: () => number;
  /** The ranges of the network's addresses, as the newest root names them. */
  readonly overlay: () => { readonly ipv4: string; readonly ipv6: string };
  /** All conditions of this machine. */
  readonly conditions: () => readonly Condition[];
  /**
   * Asks for a poll soon, because somebody says that there is news.
   * @param directory The version of the segment's directory that holds the news, if the hint named one.
   */
  readonly hint: (directory: string | null) => void;
  /** How others see this machine. */
  readonly vantage: Vantage;
  /**
   * Says that this machine has other addresses, or another way to the hub. All connections begin anew, and every part
   * is told.
   */
  readonly moved: () => void;
}
