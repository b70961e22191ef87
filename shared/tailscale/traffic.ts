import { ok, type Result } from "../base/result.ts";
import { type Fault, fault } from "./fault.ts";

/** What a rule lets pass: protocols by their numbers (IANA), and one range of ports. */
export interface Passing {
  readonly protocols: readonly number[];
  /** From 0 to 65535. The whole range also means traffic without ports. */
  readonly ports: readonly [first: number, last: number];
}

const ICMP = 1;
const ICMP_V6 = 58;
const TCP = 6;
const UDP = 17;
const SCTP = 132;
/** Of a rule that names no protocol. */
export const USUAL: readonly number[] = [TCP, UDP, ICMP, ICMP_V6];
export const ALL_PORTS = [0, 65_535] as const;

const NUMBERS: Readonly<Record<string, readonly number[]>> = {
  "": USUAL,
  icmp: [ICMP],
  "ipv6-icmp": [ICMP_V6],
  igmp: [2],
  ipv4: [4],
  "ip-in-ip": [4],
  tcp: [TCP],
  egp: [8],
  igp: [9],
  udp: [UDP],
  gre: [47],
  esp: [50],
  ah: [51],
  sctp: [SCTP],
};
const WITH_PORTS = new Set([TCP, UDP, SCTP]);

/** Reads `proto` of an ACL. */
export function readProtocol(
  proto: string | number | null | undefined,
  at: string,
): Result<readonly number[], Fault> {
  const text = String(proto ?? "").toLowerCase();
  const known = Object.hasOwn(NUMBERS, text) ? NUMBERS[text] : undefined;
  if (known) return ok(known);
  const number = Number(text);
  if (/^[1-9]\d{0,2}$/.test(text) && number <= 255) return ok([number]);
  return fault(at, `${JSON.stringify(proto)} is no protocol`, "Write a name such as tcp, or a number");
}

/** Reads the ports behind a destination, such as `22,80-443` or `*`. */
export function readPorts(
  text: string,
  protocols: readonly number[],
  at: string,
  lowest = 0,
): Result<Passing[], Fault> {
  const passing: Passing[] = [];
  for (const part of text.split(",").map((each) => each.trim())) {
    const ports = part === "*" ? ALL_PORTS : range(part);
    if (!ports || (part !== "*" && ports[0] < lowest))
      return fault(at, `${JSON.stringify(part)} is no port`, "Write `*`, a port, or a range such as 80-443");
    const hasPorts = protocols.some((protocol) => WITH_PORTS.has(protocol));
    if (part !== "*" && !hasPorts) return fault(at, "this protocol has no ports", "Write `*`");
    passing.push({ protocols, ports });
  }
  return ok(passing);
}

/** Reads one entry of `ip` of a grant: `*`, `22`, `80-443`, `tcp:443`, `icmp:*`. */
export function readIp(text: string, at: string): Result<Passing[], Fault> {
  const entry = text.trim();
  const colon = entry.indexOf(":");
  const protocols = readProtocol(colon < 0 ? undefined : entry.slice(0, colon), at);
  if (!protocols.ok) return protocols;
  if (colon === 0) return fault(at, "a protocol is missing", "Write a name such as tcp before the colon");
  return readPorts(colon < 0 ? entry : entry.slice(colon + 1), protocols.value, at, 1);
}

function range(text: string): readonly [number, number] | null {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (!match) return null;
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  return first <= last && last <= 65_535 ? [first, last] : null;
}
