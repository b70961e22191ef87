/** Names that mean something else to the machines that would resolve them. */
const RESERVED = new Set([
  "localhost",
  "localdomain",
  "broadcasthost",
  "ip6-localhost",
  "ip6-loopback",
  "hub",
]);

/**
 * A DNS label (RFC 1035 §2.3.1, lower case) made of a machine's host name: its first label, with everything that is
 * not a letter, digit or hyphen left out. `node` when nothing remains.
 */
export function nodeLabel(hostname: string): string {
  const first = hostname.slice(0, 253).split(".")[0] ?? "";
  const label = first
    .replace(/[_\s]+/g, "-")
    // Before the case is folded: that would make ASCII letters of look-alikes.
    .replace(/[^A-Za-z0-9-]/g, "")
    .toLowerCase()
    // `xn--` would let a look-alike in by the back door.
    .replace(/^(?:xn--)+/, "")
    .slice(0, 56)
    .replace(/^-+|-+$/g, "");
  if (label === "") return "node";
  return RESERVED.has(label) ? `node-${label}` : label;
}

/** The first of `label`, `label-2`, `label-3`, … that is not taken. */
export function uniqueLabel(label: string, isTaken: (name: string) => boolean): string {
  if (!isTaken(label)) return label;
  let number = 2;
  while (isTaken(`${label}-${number}`)) number++;
  return `${label}-${number}`;
}
