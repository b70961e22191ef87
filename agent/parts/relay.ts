import { fromBase64url } from "../../shared/base/base64url.ts";
import type { KnownLeg } from "../../shared/node/config/assemble.ts";
import type { Condition } from "../../shared/node/protocol/types.ts";
import { mac1Key } from "../../shared/relay/mac1.ts";
import { condition } from "../health/condition.ts";
import { Relay, type RelayLeg } from "../relay/relay.ts";
import type { Again, NodeView, Part } from "./part.ts";

/** How often the agent looks whether the kernel may forward. */
const LOOK_MS = 60_000;

/** Carries what the config in force gives a relay, for as long as its lease lasts. */
export class RelayPart implements Part {
  readonly name = "relay";
  readonly #node: NodeView;
  readonly #relay: Relay;
  #usesKernel = false;

  constructor(node: NodeView) {
    const { tunnel, hubTime, log } = node;
    this.#node = node;
    this.#relay = new Relay({
      setTable: (table) => tunnel.machine.setRelayTable(table),
      now: hubTime,
      onError: (error) =>
        log.warn(`The kernel took no legs: ${error instanceof Error ? error.message : error}`),
    });
  }

  start(again: Again): void {
    again(LOOK_MS, () => this.#look());
  }

  async onConfig(): Promise<void> {
    await this.#look();
  }

  /** The lease was renewed. */
  async onTouch(): Promise<void> {
    await this.#carry();
  }

  health(): readonly Condition[] {
    const { failures } = this.#relay;
    const [first] = failures;
    if (first === undefined) return [];
    return [
      condition(
        "relay_ports",
        `${failures.length} pair(s) are not carried, since their ports can't be had. ${first}`,
      ),
    ];
  }

  stop(): Promise<void> {
    return this.#relay.stop();
  }

  async #look(): Promise<void> {
    this.#usesKernel = this.#legs().length > 0 && (await this.#mayUseKernel());
    await this.#carry();
  }

  #legs(): readonly KnownLeg[] {
    return this.#node.inForce().applied?.legs ?? [];
  }

  /** The agent does not make a router of a machine for this. */
  async #mayUseKernel(): Promise<boolean> {
    const { tunnel, settings } = this.#node;
    const forwarded = await tunnel.machine.readForwards();
    if (!forwarded.includes(4)) return false;
    const { listenPort } = settings;
    const dropped = await tunnel.machine.otherFirewalls({ listenPort, forwards: true });
    return dropped.every(({ code }) => code !== "firewall_forward");
  }

  async #carry(): Promise<void> {
    const relay = this.#node.inForce().applied?.manifest.relay;
    const notAfter = this.#node.leasedUntil();
    const legs = this.#legs().map((known) => relayLeg(known, notAfter));
    await this.#relay.apply(legs, {
      bytesPerSecond: relay?.bytesPerSecond ?? 0,
      usesKernel: this.#usesKernel && legs.length > 0,
    });
  }
}

function relayLeg({ leg, records }: KnownLeg, notAfter: number): RelayLeg {
  const [a, b] = leg.ends;
  const endOf = ({ endpoints }: KnownLeg["leg"]["ends"][0], { wireguard }: KnownLeg["records"][0]) => ({
    mac1Key: mac1Key(fromBase64url(wireguard) ?? new Uint8Array(32)),
    endpoints,
  });
  const ends = [endOf(a, records[0]), endOf(b, records[1])] as const;
  return { id: leg.id, port: leg.port, probeKey: leg.probeKey, ends, notAfter };
}
