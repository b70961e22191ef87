import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/**
 * The tools that the browser tests and the mesh tests need. The key is the program to look for, the value is
 * the package that contains it.
 */
export const TOOLS: Readonly<Record<string, string>> = {
  chromium: "chromium",
  wg: "wireguard-tools",
  "wireguard-go": "wireguard-go",
  nft: "nftables",
  ip: "iproute2",
  ping: "iputils-ping",
  iperf3: "iperf3",
};

export const missingTools = (tools: readonly string[] = Object.keys(TOOLS)): string[] =>
  tools.filter((tool) => spawnSync("which", [tool]).status !== 0);

/**
 * Installs the tools if that is allowed. Otherwise the suites that need them say that they are skipped, or
 * fail in CI.
 */
export function installTools(): void {
  const missing = missingTools();
  const canInstall = process.getuid?.() === 0 && existsSync("/etc/debian_version");
  if (missing.length === 0 || !canInstall) return;
  const packages = missing.map((tool) => TOOLS[tool] ?? tool);
  process.stdout.write(`── Installing what some tests need: ${packages.join(", ")}\n`);
  const quiet = { stdio: "ignore", env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } } as const;
  try {
    execFileSync("apt-get", ["update", "-qq"], quiet);
    execFileSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages], quiet);
  } catch {
    process.stdout.write(
      "   It could not be installed: the tests that need it are skipped, or fail in CI.\n",
    );
  }
}
