import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, globSync, rmSync, writeFileSync } from "node:fs";

/**
 * The tools of the mesh tests. The key is the program to look for, the value is the package that contains it.
 */
export const TOOLS: Readonly<Record<string, string>> = {
  wg: "wireguard-tools",
  "wireguard-go": "wireguard-go",
  nft: "nftables",
  ip: "iproute2",
  ping: "iputils-ping",
  iperf3: "iperf3",
  tcpdump: "tcpdump",
};

/** What other tests need beside them: a browser, and servers that are reached through an agent. */
const BESIDE: Readonly<Record<string, string>> = {
  chromium: "chromium",
  initdb: "postgresql",
  psql: "postgresql-client",
  sshd: "openssh-server",
  ssh: "openssh-client",
};

/** Debian keeps the programs of a database server where no PATH leads. */
export const postgresFolder = (): string | null =>
  globSync("/usr/lib/postgresql/*/bin").sort().at(-1) ?? null;

const isThere = (tool: string): boolean =>
  tool === "initdb" ? postgresFolder() !== null : spawnSync("which", [tool]).status === 0;

export const missingTools = (tools: readonly string[]): string[] => tools.filter((tool) => !isThere(tool));

/** Asked by Debian's packages before they start a service. A machine that has one keeps its own. */
const POLICY = "/usr/sbin/policy-rc.d";

/** Installs packages without starting the services that they bring: tests start their own. */
function withoutServices(install: () => void): void {
  const isOurs = !existsSync(POLICY);
  if (isOurs) writeFileSync(POLICY, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    install();
  } finally {
    if (isOurs) rmSync(POLICY);
  }
}

/**
 * Installs the tools if that is allowed. Otherwise the suites that need them say that they are skipped, or
 * fail in CI.
 */
export function installTools(): void {
  const all = { ...TOOLS, ...BESIDE };
  const missing = missingTools(Object.keys(all));
  const canInstall = process.getuid?.() === 0 && existsSync("/etc/debian_version");
  if (missing.length === 0 || !canInstall) return;
  const packages = missing.map((tool) => all[tool] ?? tool);
  process.stdout.write(`── Installing what some tests need: ${packages.join(", ")}\n`);
  const quiet = { stdio: "ignore", env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } } as const;
  try {
    execFileSync("apt-get", ["update", "-qq"], quiet);
    withoutServices(() =>
      execFileSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages], quiet),
    );
  } catch {
    process.stdout.write(
      "   It could not be installed: the tests that need it are skipped, or fail in CI.\n",
    );
  }
}
