import type { Condition } from "../../shared/node/protocol/types.ts";
import type { Again, NodeView, Part } from "./part.ts";

/** Each look starts a tool of the system, so the agent looks rarely. */
const LOOK_MS = 60_000;

/** Finds other firewalls on this machine that drop packets which the tunnel's filter lets pass. */
export class Firewalls implements Part {
  readonly name = "firewalls";
  readonly #node: NodeView;
  #found: readonly Condition[] = [];

  constructor(node: NodeView) {
    this.#node = node;
  }

  start(again: Again): void {
    again(LOOK_MS, () => this.#look());
  }

  health(): readonly Condition[] {
    return this.#found;
  }

  async #look(): Promise<void> {
    const { tunnel, settings } = this.#node;
    if (tunnel.config === null) return;
    const forwards = tunnel.config.manifest.forwards.length > 0;
    this.#found = await tunnel.otherFirewalls({ listenPort: settings.listenPort, forwards });
  }
}
