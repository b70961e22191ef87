import type { DeviceFacts } from "../policy/request.ts";

/**
 * A device that may be anything. Policies are asked about it to find out whether a proof could change their answer.
 * @returns The device, and whether any policy looked at more than its presence.
 */
export function probeDevice(): { readonly device: DeviceFacts; readonly wasAsked: () => boolean } {
  let asked = false;
  const look = <T>(value: T): T => {
    asked = true;
    return value;
  };
  const version = { text: "", major: 0, minor: 0, patch: 0 };
  const device: DeviceFacts = {
    id: "",
    get name() {
      return look("");
    },
    get isOwned() {
      return look(true);
    },
    get proofAgeSeconds() {
      return look(0);
    },
    get sameAddress() {
      return look(true);
    },
    get claims() {
      return look({
        ageSeconds: 0,
        os: "",
        osVersion: version,
        agentVersion: version,
        diskEncrypted: true,
        firewallEnabled: true,
        screenLock: true,
        checks: [],
      });
    },
    get stated() {
      return look([]);
    },
  };
  return { device, wasAsked: () => asked };
}
