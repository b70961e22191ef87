interface Version {
  readonly numbers: readonly number[];
  /** Whether it comes before the release with these numbers, as `1.24.0-rc1` does. */
  readonly isEarly: boolean;
}

const VERSION = /^v?(?:\d{1,3}:)?(\d{1,9}(?:\.\d{1,9}){0,5})(.*)$/;

/**
 * Reads the numbers of a version. An epoch (`1:`) of Debian is skipped, and so is what follows the numbers, such as the
 * revision `-2` of a package. A suffix that begins with a letter after `-`, or with `~`, marks a version before the release.
 */
function readVersion(text: string): Version | null {
  const [, numbers, rest = ""] = VERSION.exec(text) ?? [];
  if (numbers === undefined) return null;
  return { numbers: numbers.split(".").map(Number), isEarly: /^(-[a-z]|~|(a|b|rc)\d)/i.test(rest) };
}

/** Criteria compare few versions with those of thousands of nodes, which are few, too. */
const read = new Map<string, Version | null>();
const MOST_READ = 1_000;

function readOnce(text: string): Version | null {
  const known = read.get(text);
  if (known !== undefined) return known;
  const version = readVersion(text);
  if (read.size === MOST_READ) read.clear();
  read.set(text, version);
  return version;
}

export const isVersion = (text: string): boolean => readVersion(text) !== null;

/**
 * Compares two versions number by number. A missing number is 0.
 * @returns A negative number if `a` is older. Null if one of them is no version.
 */
export function compareVersions(a: string, b: string): number | null {
  const [left, right] = [readOnce(a), readOnce(b)];
  if (!left || !right) return null;
  const length = Math.max(left.numbers.length, right.numbers.length);
  for (let at = 0; at < length; at++) {
    const difference = (left.numbers[at] ?? 0) - (right.numbers[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return Number(right.isEarly) - Number(left.isEarly);
}
