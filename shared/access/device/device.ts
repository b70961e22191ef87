import type { DeviceFacts, VersionFacts } from "../policy/request.ts";

/** A machine that runs the agent, as the sessions that rest on it know it. */
export interface Device {
  /** The node's id. */
  readonly id: string;
  readonly name: string;
  /** The id of the user whom the machine belongs to. Null for a machine that belongs to nobody. */
  readonly ownerId: string | null;
  /** Whether the node is a member of its segment now: approved, and neither quarantined nor revoked. */
  readonly isApproved: boolean;
  /** Null before the first report. */
  readonly posture: Posture | null;
  /** What administrators and systems that manage devices state about it. */
  readonly stated: readonly StatedFact[];
  /** Every change raises the version. An older version never replaces a newer version. */
  readonly version: number;
}

/** What the machine says of itself. Null: it could not find out. */
export interface Posture {
  /** `ID` of `/etc/os-release`, such as `debian`. Empty if unknown. */
  readonly os: string;
  readonly osVersion: string;
  readonly agentVersion: string;
  readonly diskEncrypted: boolean | null;
  readonly firewall: boolean | null;
  readonly screenLock: boolean | null;
  /** What it answered to the checks of its segment, such as `edr:present`. An earlier release noted none. */
  readonly checks?: readonly string[];
  /** When it was measured, in milliseconds by the hub's clock. */
  readonly measuredAt: number;
}

/** One fact that somebody else than the machine states. A fact that does not hold is not stated. */
export interface StatedFact {
  /** Who states it, such as `intune`. */
  readonly source: string;
  /** A stable word, such as `compliant`. */
  readonly fact: string;
  readonly at: number;
  /** From this moment on, the fact does not hold any more. */
  readonly expiresAt: number;
}

/** A device, and the proof that a session's browser runs on it. */
export interface ProvenDevice {
  readonly device: Device;
  /** When the browser showed the proof, in milliseconds. */
  readonly provenAt: number;
  /** Whether the browser had the address from which the device's agent had reported. False if one was not known. */
  readonly sameAddress: boolean;
}

/** The two facts that contradict each other. */
export const COMPLIANT = "compliant";
export const NOT_COMPLIANT = "not-compliant";

/** A proof counts at most this long, whatever policies say. So a session that is open for days must prove its device anew. */
export const PROOF_KEPT_MS = 12 * 3_600_000;

/**
 * What policies know of a session's device at `now`. Null, as if there was no agent, when the device is no approved
 * member, belongs to another user, never reported, or was proven too long ago. What is unknown is never true.
 */
export function deviceFactsOf(
  proven: ProvenDevice | undefined,
  userId: string,
  now: number,
): DeviceFacts | null {
  if (!proven || now - proven.provenAt >= PROOF_KEPT_MS) return null;
  const { device, provenAt, sameAddress } = proven;
  const { posture, ownerId } = device;
  if (!device.isApproved || posture === null || (ownerId !== null && ownerId !== userId)) return null;
  return {
    id: device.id,
    name: device.name,
    isOwned: ownerId === userId,
    proofAgeSeconds: secondsSince(provenAt, now),
    sameAddress,
    claims: {
      ageSeconds: secondsSince(posture.measuredAt, now),
      os: posture.os,
      osVersion: versionOf(posture.osVersion),
      agentVersion: versionOf(posture.agentVersion),
      diskEncrypted: posture.diskEncrypted === true,
      firewallEnabled: posture.firewall === true,
      screenLock: posture.screenLock === true,
      checks: posture.checks ?? [],
    },
    stated: statedNow(device.stated, now),
  };
}

/** What holds now. Whoever states that the device is not compliant outweighs all that state that it is. */
function statedNow(stated: readonly StatedFact[], now: number): string[] {
  const holding = stated.filter(({ expiresAt }) => now < expiresAt);
  const isDoubted = holding.some(({ fact }) => fact === NOT_COMPLIANT);
  const counting = holding.filter(({ fact }) => !isDoubted || fact !== COMPLIANT);
  return [...new Set(counting.flatMap(namesOf))].sort();
}

/** A fact may be asked for whoever states it, or from one source alone. */
const namesOf = ({ source, fact }: StatedFact): string[] => [fact, `${source}:${fact}`];

const secondsSince = (at: number, now: number): number => Math.max(0, Math.floor((now - at) / 1_000));

const VERSION = /^v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?/;

/** The numbers at the beginning of a version. Unknown numbers are 0, so that no policy takes them for new enough. */
export function versionOf(text: string): VersionFacts {
  const [, major = 0, minor = 0, patch = 0] = VERSION.exec(text) ?? [];
  return { text, major: Number(major), minor: Number(minor), patch: Number(patch) };
}

/** The newer one of two descriptions of a device. */
export const newestDevice = (given: Device, pushed: Device | undefined): Device =>
  pushed && pushed.version > given.version ? pushed : given;
