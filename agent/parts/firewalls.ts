import type { Condition } from "../../shared/node/protocol/types.ts";
import type { Again, NodeView, Part } from "./part.ts";

/** Each look starts a tool of the system, so the agent looks rarely while the kernel reports no change. */
const LOOK_MS = 60_000;
/** How soon the agent looks after a change. A firewall that restarts makes many in a row. */
const SOON_MS = 2_000;

/**
 * Finds other firewalls on this machine that drop packets which the tunnel's filter lets pass. The kernel reports changes
 * of nftables; the regular look finds what it does not report, such as rules of the older iptables.
 */
export class Firewalls implements Part {
  readonly name = "firewalls";
  readonly #node: NodeView;
  #found: readonly Condition[] = [];
  #seenChanges = 0;

  constructor(node: NodeView) {
    this.#node = node;
  }

  start(again: Again): void {
    again(LOOK_MS, () => this.#look());
    again(SOON_MS, () => this.#node.tunnel.firewallChanges !== this.#seenChanges && this.#look());
  }

  health(): readonly Condition[] {
    return this.#found;
  }

  async #look(): Promise<void> {
    const { tunnel, settings } = this.#node;
    if (tunnel.config === null) return;
    this.#seenChanges = tunnel.firewallChanges;
    const forwards = tunnel.config.manifest.forwards.length > 0;
    this.#found = await tunnel.machine.otherFirewalls({ listenPort: settings.listenPort, forwards });
  }
}
