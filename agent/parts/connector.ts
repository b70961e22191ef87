import type { Condition } from "../../shared/node/protocol/types.ts";
import { Connector } from "../connector/connector.ts";
import { condition } from "../health/condition.ts";
import type { Again, NodeView, Part } from "./part.ts";

const ASK_MS = 15_000;

/** Serves private apps, if this machine's settings name what it may dial. */
export class ConnectorPart implements Part {
  readonly name = "connector";
  readonly #connector: Connector | null;

  constructor({ settings, hub, connection, way, log }: NodeView) {
    const { dial = [], weight = 1 } = settings;
    this.#connector =
      dial.length === 0 ? null : new Connector({ hub, connection, way, log, weight, dialList: dial });
  }

  async start(again: Again): Promise<void> {
    again(ASK_MS, () => this.#connector?.ask());
    await this.#connector?.ask();
  }

  onMove(): void {
    this.#connector?.moved();
  }

  health(): readonly Condition[] {
    const troubles = this.#connector?.troubles ?? [];
    return troubles.length === 0 ? [] : [condition("tunnel_closed", troubles.join("; "))];
  }

  async stop(): Promise<void> {
    await this.#connector?.stop();
  }
}
