import { surroundings } from "../telemetry/own-endpoints.ts";
import type { Again, NodeView, Part } from "./part.ts";

/** A look costs a few system calls. That is cheaper than a tool that waits for the kernel's news. */
const LOOK_MS = 1_000;

/** Notices when this machine has moved to another network. */
export class Lookout implements Part {
  readonly name = "lookout";
  readonly #node: NodeView;
  #seen: string | null = null;

  constructor(node: NodeView) {
    this.#node = node;
  }

  start(again: Again): void {
    again(LOOK_MS, () => this.#look());
  }

  async #look(): Promise<void> {
    const { settings, hubAddresses, log, moved } = this.#node;
    const before = this.#seen;
    this.#seen = await surroundings(settings.interfaceName, hubAddresses());
    if (before === null || before === this.#seen) return;
    log.info("This machine has other addresses, or another way to the hub");
    moved();
  }
}
