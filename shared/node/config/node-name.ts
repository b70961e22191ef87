/** Names that have another meaning for the machines that would resolve them. */
const RESERVED = new Set([
  "localhost",
  "localdomain",
  "broadcasthost",
  "ip6-localhost",
  "ip6-loopback",
  "hub",
]);

/**
 * Makes a DNS label (RFC 1035 §2.3.1, lower case) from a machine's host name. It takes the first label and removes
 * everything that is not a letter, digit or hyphen. Gives `node` when nothing remains.
 */
export function nodeLabel(hostname: string): string {
  const first = hostname.slice(0, 253).split(".")[0] ?? "";
  const label = first
    .replace(/[_\s]+/g, "-")
    // This comes before the change to lower case, which would turn some look-alike characters into ASCII letters.
    .replace(/[^A-Za-z0-9-]/g, "")
    .toLowerCase()
    // Without this, `xn--` could stand for a look-alike name.
    .replace(/^(?:xn--)+/, "")
    .slice(0, 56)
    .replace(/^-+|-+$/g, "");
  if (label === "") return "node";
  return RESERVED.has(label) ? `node-${label}` : label;
}

/** The first name of `label`, `label-2`, `label-3`, … that is not taken. */
export function uniqueLabel(label: string, isTaken: (name: string) => boolean): string {
  if (!isTaken(label)) return label;
  let number = 2;
  while (isTaken(`${label}-${number}`)) number++;
  return `${label}-${number}`;
}
