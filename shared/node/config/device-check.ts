import { sha256 } from "@noble/hashes/sha2.js";
import { base64url } from "../../base/base64url.ts";

/**
 * What the machines of a segment look for, and what they answer. A machine answers each check with one word, so that
 * nothing of a file ever leaves it.
 */

export interface DeviceCheck {
  /** What policies call it. */
  readonly name: string;
  readonly kind: "file" | "process";
  /** A path. For a process also the bare name of its executable file. */
  readonly target: string;
  /** SHA-256 in hexadecimal digits, as `sha256sum` prints it. One of them must be the file's. Empty: only presence counts. */
  readonly sha256: readonly string[];
}

/** `match` and `mismatch` answer a check with hashes. `unreadable`: the machine could not, or must not, look. */
export const CHECK_RESULTS = ["present", "absent", "match", "mismatch", "unreadable"] as const;
export type CheckResult = (typeof CHECK_RESULTS)[number];

export interface CheckReport {
  readonly name: string;
  /** The digest of the check that was carried out. An answer to a former check of the same name counts for nothing. */
  readonly of: string;
  /** One of `CHECK_RESULTS`, or a word that only a newer agent knows. */
  readonly result: string;
}

export const CHECK_LIMITS = { checks: 32, hashes: 8, path: 255 } as const;

/**
 * The directories that programs are installed in. Nobody can have the agent look anywhere else: what people keep in
 * their homes is not the network's affair.
 */
const PLACES = [
  "/bin",
  "/boot",
  "/etc",
  "/lib",
  "/lib64",
  "/nix/store",
  "/opt",
  "/sbin",
  "/snap",
  "/usr",
  "/var/lib",
];

/** Whether the agent may look at a file of this path. The path has no pattern, and one spelling only. */
export const isCheckPath = (path: string): boolean =>
  path.length <= CHECK_LIMITS.path &&
  /^\/[\x21-\x7e]+$/.test(path) &&
  !/[*?[\]{}\\,"'`]/.test(path) &&
  !path
    .split("/")
    .slice(1)
    .some((part) => ["", ".", ".."].includes(part)) &&
  PLACES.some((place) => path.startsWith(`${place}/`));

const CHECK_NAME = /^[a-z0-9]([a-z0-9._-]{0,48}[a-z0-9])?$/;
const PROCESS_NAME = /^[A-Za-z0-9._+@-]{1,64}$/;

export const isCheckName = (name: string): boolean => CHECK_NAME.test(name);
export const isCheckTarget = (kind: DeviceCheck["kind"], target: string): boolean =>
  isCheckPath(target) || (kind === "process" && PROCESS_NAME.test(target));

const LINE = /^(\S+) *= *(file|process) +(\S+)((?: +sha256:[0-9a-f]{64})*)$/;

/** Reads a check as administrators write it: `edr = process /opt/edr/edrd sha256:…`. Null if it can't be one. */
export function parseDeviceCheck(line: string): DeviceCheck | null {
  const [, name = "", kind, target = "", hashes = ""] = LINE.exec(line.trim()) ?? [];
  if ((kind !== "file" && kind !== "process") || !isCheckName(name) || !isCheckTarget(kind, target))
    return null;
  const found = [...new Set(hashes.match(/[0-9a-f]{64}/g) ?? [])];
  if (found.length > CHECK_LIMITS.hashes) return null;
  return { name, kind, target, sha256: found.sort() };
}

/** The one spelling of a check. */
export const printDeviceCheck = ({ name, kind, target, sha256: hashes }: DeviceCheck): string =>
  [`${name} = ${kind} ${target}`, ...hashes.map((hash) => `sha256:${hash}`)].join(" ");

/** Names everything that a check says, in 22 characters. */
export const digestOf = (check: DeviceCheck): string =>
  base64url(sha256(new TextEncoder().encode(printDeviceCheck(check))).subarray(0, 16));

/** The result that a machine reported of exactly this check, or null. */
export function resultOf(check: DeviceCheck, reports: readonly CheckReport[]): CheckResult | null {
  const report = reports.find(({ name, of }) => name === check.name && of === digestOf(check));
  return CHECK_RESULTS.find((result) => result === report?.result) ?? null;
}

/** What policies may ask for, such as `edr:present`. What was not answered is not there. */
export const answeredChecks = (checks: readonly DeviceCheck[], reports: readonly CheckReport[]): string[] =>
  checks.flatMap((check) => {
    const result = resultOf(check, reports);
    return result === null ? [] : [`${check.name}:${result}`];
  });

/** A check in its one spelling. What is no check stays as it is. */
export function canonicalCheck(line: string): string {
  const check = parseDeviceCheck(line);
  return check ? printDeviceCheck(check) : line;
}
