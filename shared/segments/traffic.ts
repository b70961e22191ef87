import { err, ok, type Result } from "../base/result.ts";
import type { TextError } from "../base/text-error.ts";
import { icmpName } from "../node/config/icmp.ts";
import type { Traffic } from "../node/config/types.ts";
import { readIcmpRequests } from "./icmp-text.ts";

/**
 * Traffic as text: `any`, `icmp`, `icmp/echo-request`, `tcp`, `tcp/443`, `udp/53`, `tcp/80,443,8000-8100`, and `other` for the
 * protocols that have no name. A 4 or 6 behind the protocol means one family of addresses only: `tcp4/443`, `icmp6`.
 */

type Range = readonly [from: number, to: number];

const MAX_LENGTH = 200;
const MAX_RANGES = 32;
const FORMS = "Write any, icmp, tcp, udp, tcp/443, udp/8000-8100 or icmp/echo-request";

/** Reads one protocol with its ports. It sorts the ranges, and joins ranges that touch. */
export function parseTraffic(text: string): Result<Traffic, TextError> {
  const refused = (position: number, problem: string, remedy: string) =>
    err({ text, position, problem, remedy });
  if (text.length > MAX_LENGTH) {
    return refused(MAX_LENGTH + 1, "the traffic is too long", `Write at most ${MAX_LENGTH} characters`);
  }
  const slash = text.indexOf("/");
  const word = slash < 0 ? text : text.slice(0, slash);
  const { protocol, family } = splitFamily(word);
  switch (protocol) {
    case "any":
    case "other":
      if (slash < 0) return ok({ protocol, ...family, ports: [] });
      return refused(slash + 1, `${protocol} has no ports`, `Write "${protocol}" alone, or name tcp or udp`);
    case "icmp": {
      if (slash < 0) return ok({ protocol, ...family, ports: [] });
      const requests = readIcmpRequests(text, slash + 2, family.family);
      if (!requests.ok) return requests;
      return ok({ protocol, ...family, ports: requests.value.map((number) => [number, number] as const) });
    }
    case "tcp":
    case "udp": {
      if (slash < 0) return ok({ protocol, ...family, ports: [] });
      const ports = readPorts(text, slash + 1);
      return ports.ok ? ok({ protocol, ...family, ports: joined(ports.value) }) : ports;
    }
    default:
      return refused(1, "this is no protocol", FORMS);
  }
}

/** Prints traffic. `parseTraffic` reads the text as the same traffic. */
export function printTraffic({ protocol, family, ports }: Traffic): string {
  const word = `${protocol}${family ?? ""}`;
  if (ports.length === 0) return word;
  if (protocol === "icmp") return `${word}/${ports.map(([number]) => icmpName(number)).join(",")}`;
  return `${word}/${ports.map(([from, to]) => (from === to ? from : `${from}-${to}`)).join(",")}`;
}

function splitFamily(word: string): { protocol: string; family: Pick<Traffic, "family"> } {
  const protocol = word.slice(0, -1);
  if (word.endsWith("4")) return { protocol, family: { family: 4 } };
  return word.endsWith("6") ? { protocol, family: { family: 6 } } : { protocol: word, family: {} };
}

function readPorts(text: string, start: number): Result<Range[], TextError> {
  const ranges: Range[] = [];
  let position = start + 1;
  for (const part of text.slice(start).split(",")) {
    const range = readRange(text, part, position);
    if (!range.ok) return range;
    ranges.push(range.value);
    if (ranges.length > MAX_RANGES) {
      const remedy = `Write at most ${MAX_RANGES} ports and ranges, and the rest as further traffic`;
      return err({ text, position, problem: "too many ports are listed", remedy });
    }
    position += part.length + 1;
  }
  return ok(ranges);
}

function readRange(text: string, part: string, position: number): Result<Range, TextError> {
  const dash = part.indexOf("-");
  if (dash < 0) {
    const port = readPort(text, part, position);
    return port.ok ? ok([port.value, port.value]) : port;
  }
  const from = readPort(text, part.slice(0, dash), position);
  if (!from.ok) return from;
  const to = readPort(text, part.slice(dash + 1), position + dash + 1);
  if (!to.ok) return to;
  if (from.value > to.value) {
    const remedy = `Write ${to.value}-${from.value}`;
    return err({ text, position, problem: "the range is the wrong way round", remedy });
  }
  return ok([from.value, to.value]);
}

function readPort(text: string, digits: string, position: number): Result<number, TextError> {
  const refused = (problem: string) =>
    err({ text, position, problem, remedy: "Write a number from 1 to 65535" });
  if (digits === "") return refused("a port is missing");
  if (/^[a-z*]/i.test(digits)) return refused("a port has no name here");
  if (!/^\d+$/.test(digits)) return refused("this is no port");
  if (/^0+$/.test(digits)) return refused("there is no port 0");
  if (digits.startsWith("0")) return refused("a port has no leading zero");
  const port = Number(digits);
  return port > 65_535 ? refused("the port is too high") : ok(port);
}

function joined(ranges: readonly Range[]): Range[] {
  const kept: Range[] = [];
  for (const [from, to] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = kept.at(-1);
    if (last && from <= last[1] + 1) kept[kept.length - 1] = [last[0], Math.max(last[1], to)];
    else kept.push([from, to]);
  }
  return kept;
}
