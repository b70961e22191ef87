import { webcrypto } from "node:crypto";
import type { SubtleLike } from "../../shared/crypto/native/subtle.ts";
import { createCryptoProvider } from "../../shared/crypto/provider.ts";
import type { CryptoProvider } from "../../shared/crypto/types.ts";
import type { CommandLine } from "../command-line.ts";
import type { Settings, Store } from "../state/store.ts";
import type { Place } from "../system/system.ts";

/** What a command works with. */
export interface Context {
  readonly line: CommandLine;
  readonly store: Store;
  /** Prints the result once, either as JSON for programs or as text for people. */
  readonly emit: (data: unknown, human: () => string) => void;
}

export const openCrypto = (): Promise<CryptoProvider> =>
  createCryptoProvider({
    subtle: webcrypto.subtle as unknown as SubtleLike,
    random: (length) => webcrypto.getRandomValues(new Uint8Array(length)),
  });

const DEFAULT_SETTINGS: Settings = {
  interfaceName: "rn0",
  listenPort: 51_820,
  advertise: [],
  exitNode: null,
  exitFallback: "none",
  exitFor: "all",
  hostsFile: "/etc/hosts",
};

/** Where the agent works on this machine. */
export const placeOf = ({ store }: Context, { interfaceName, hostsFile }: Settings): Place => ({
  interfaceName,
  hostsFile,
  stateDirectory: store.directory,
});

/** The settings of the last `up`. The options of this command replace them where they are given. */
export async function settingsOf({ line, store }: Context): Promise<Settings> {
  const before = { ...DEFAULT_SETTINGS, ...(await store.settings()) };
  const { up } = line;
  return {
    interfaceName: up.interfaceName ?? before.interfaceName,
    listenPort: up.listenPort ?? before.listenPort,
    advertise: up.advertise ?? before.advertise,
    exitNode: up.exitNode === undefined ? before.exitNode : up.exitNode,
    exitFallback: up.exitFallback ?? before.exitFallback,
    exitFor: up.exitFor ?? before.exitFor,
    hostsFile: up.hostsFile ?? before.hostsFile,
    dial: up.dial ?? before.dial ?? [],
    weight: up.weight ?? before.weight ?? 1,
    proveDevice: up.proveDevice ?? before.proveDevice ?? false,
  };
}
