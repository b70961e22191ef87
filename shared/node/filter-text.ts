/** The words of which rulesets of nftables consist. */

export function setOf(
  name: string,
  type: string,
  elements: readonly string[],
  hasIntervals: boolean,
): string {
  const flags = hasIntervals ? "flags interval; " : "";
  return `  set ${name} { type ${type}; ${flags}elements = { ${elements.join(", ")} }; }`;
}

export const chainOf = (name: string, lines: readonly string[]): string =>
  [`  chain ${name} {`, ...lines.map((line) => `    ${line}`), "  }"].join("\n");
