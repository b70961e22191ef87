import { ALL_PORTS, type Passing } from "./traffic.ts";

/** Traffic as rules here write it (`shared/segments/traffic.ts`). */

const NAMES = new Map([
  [1, "icmp"],
  [58, "icmp"],
  [6, "tcp"],
  [17, "udp"],
]);

/** Whether a rule here can name the protocol. */
export const isNamed = (protocol: number): boolean => NAMES.has(protocol);

/** The family that the protocol belongs to. */
const ownFamily = (protocol: number): 4 | 6 | null => (protocol === 1 ? 4 : protocol === 58 ? 6 : null);

/** One entry of a rule takes so many ranges in any case: it has 200 characters at most. */
const MOST_RANGES = 16;

/** What of it a rule can name, in one family or (for null) in both. The ports of a protocol stand together. */
export function trafficTexts(passing: readonly Passing[], family: 4 | 6 | null): string[] {
  const ranges = new Map<string, Set<string>>();
  for (const { protocols, ports } of passing) {
    for (const protocol of protocols) {
      const word = wordOf(protocol, family);
      if (word === null) continue;
      const range = ownFamily(protocol) === null ? rangeText(ports) : "";
      if (range !== null) ranges.set(word, (ranges.get(word) ?? new Set()).add(range));
    }
  }
  const texts = [...ranges].flatMap(([word, listed]) => entries(word, [...listed]));
  const isBoth = texts.includes("icmp4") && texts.includes("icmp6");
  return isBoth ? ["icmp", ...texts.filter((text) => text !== "icmp4" && text !== "icmp6")] : texts;
}

function wordOf(protocol: number, family: 4 | 6 | null): string | null {
  const name = NAMES.get(protocol);
  const own = ownFamily(protocol);
  if (name === undefined || (own !== null && family !== null && own !== family)) return null;
  return `${name}${own ?? family ?? ""}`;
}

/** Empty for all ports, and null for none: nobody uses port 0. */
function rangeText([first, last]: Passing["ports"]): string | null {
  const from = Math.max(1, first);
  if (last < from) return null;
  if (from === 1 && last === ALL_PORTS[1]) return "";
  return from === last ? `${from}` : `${from}-${last}`;
}

function entries(word: string, ranges: readonly string[]): string[] {
  if (ranges.includes("")) return [word];
  return Array.from(
    { length: Math.ceil(ranges.length / MOST_RANGES) },
    (_, index) => `${word}/${ranges.slice(index * MOST_RANGES, (index + 1) * MOST_RANGES).join(",")}`,
  );
}
