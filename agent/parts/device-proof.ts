import { tunnelsAnswer } from "../../shared/connector/tunnels-answer.ts";
import type { DeviceStatement } from "../../shared/node/protocol/device-proof.ts";
import { signStatement } from "../../shared/node/protocol/statement.ts";
import type { Condition } from "../../shared/node/protocol/types.ts";
import { serveProofs } from "../device/proof-server.ts";
import { messageOf } from "../failure.ts";
import { condition } from "../health/condition.ts";
import { parseAnswer } from "../hub/schemas.ts";
import type { NodeView, Part } from "./part.ts";

const MAX_ANSWER_BYTES = 256 * 1024;
/** How often the hub is asked which origin its auth host has. */
const ASK_MS = 60 * 60_000;

/** Lets pages of the auth host learn that the browser runs on this machine, if this machine's settings say so. */
export class DeviceProof implements Part {
  readonly name = "device-proof";
  readonly #node: NodeView;
  #server: Awaited<ReturnType<typeof serveProofs>> | null = null;
  #origin: string | null = null;
  #askedAt = Number.NEGATIVE_INFINITY;
  #trouble: string | null = null;

  constructor(node: NodeView) {
    this.#node = node;
  }

  async start(): Promise<void> {
    if (!this.#node.settings.proveDevice) return;
    try {
      this.#server = await serveProofs({
        origin: () => (this.#node.standing() === "running" ? this.#origin : null),
        sign: (challenge, origin) => this.#sign(challenge, origin),
      });
    } catch (error) {
      this.#trouble = messageOf(error);
    }
  }

  /** The session's MAC proves the hub's answer, so nobody else can say which pages are to be trusted. */
  async onTouch(): Promise<void> {
    if (!this.#server || performance.now() - this.#askedAt < ASK_MS) return;
    const { body } = await this.#node.connection.call({ method: "GET", target: "/agent/v1/tunnels" });
    this.#origin = parseAnswer(tunnelsAnswer, body, MAX_ANSWER_BYTES).issuer;
    this.#askedAt = performance.now();
  }

  health(): readonly Condition[] {
    return this.#trouble === null ? [] : [condition("proofs_off", this.#trouble)];
  }

  async stop(): Promise<void> {
    await this.#server?.close();
  }

  #sign(challenge: string, origin: string) {
    const statement: DeviceStatement = { node: this.#node.id, challenge };
    return signStatement("device", origin, statement, this.#node.keys().signing);
  }
}
