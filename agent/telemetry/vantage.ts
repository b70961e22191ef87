import { isIP } from "node:net";
import type { HeardAt } from "../../shared/node/hearing.ts";
import { ownAddresses } from "../system/interfaces.ts";

/** What an agent learnt of how others see its machine. It begins anew when the machine has moved. */
export class Vantage {
  readonly #interfaceName: string;
  /** The addresses that the hub saw, one of each family, IPv4 first. They may belong to an address translator. */
  seenByHub: readonly string[] = [];
  /** Where peers hear this machine, by the hub's word. */
  heardAt: readonly HeardAt[] = [];
  /** The endpoint that the router opened for this machine, or null. */
  mapped: string | null = null;

  constructor(interfaceName: string) {
    this.#interfaceName = interfaceName;
  }

  /** The hub sees this address. */
  see(address: string): void {
    const others = this.seenByHub.filter((seen) => isIP(seen) !== isIP(address));
    this.seenByHub = [address, ...others].sort((a, b) => isIP(a) - isIP(b));
  }

  forget(): void {
    this.seenByHub = [];
    this.heardAt = [];
  }

  /** Whether the hub sees an IPv4 address that this machine has not. */
  isBehindTranslator(): boolean {
    const own = new Set(ownAddresses(this.#interfaceName).map(({ address }) => address));
    return this.seenByHub.some((address) => isIP(address) === 4 && !own.has(address));
  }
}
