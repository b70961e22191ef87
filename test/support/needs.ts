import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { describe, it } from "vitest";
import { missingTools, TOOLS } from "../../scripts/test/tools.ts";
import { CHROMIUM } from "./browser.ts";

/**
 * What a suite needs from the machine beside Node. Where it is missing, the suite is skipped, and its title says why.
 * Who runs the tests may state in `RUSTRONAUT_HAS` what the machine has, as `.ci/run` does: there the same is a failure.
 */

/** Files that are handed out beside the repository, and only read. */
export const SHARED_DATA = resolve(import.meta.dirname, "../../../shared/data");

/** What is missing of a need, or nothing. */
const LACKING = {
  data: () => (existsSync(SHARED_DATA) ? [] : ["../shared/data"]),
  root: () => (process.getuid?.() === 0 ? [] : ["root"]),
  tun: () => (existsSync("/dev/net/tun") ? [] : ["/dev/net/tun"]),
  namespaces: () => (spawnSync("unshare", ["--net", "true"]).status === 0 ? [] : ["network namespaces"]),
  tools: () => missingTools(Object.keys(TOOLS)),
  chromium: () => (existsSync(CHROMIUM) ? [] : [CHROMIUM]),
  servers: () => missingTools(["initdb", "psql", "sshd", "ssh"]),
  apt: () => missingTools(["apt-get", "dpkg-deb"]),
  bash: () => missingTools(["bash"]),
  fish: () => missingTools(["fish"]),
  zsh: () => missingTools(["zsh"]),
  nginx: () => missingTools(["nginx"]),
  caddy: () => missingTools(["caddy"]),
  go: () => missingTools(["go"]),
  promtool: () => missingTools(["promtool"]),
  "apache-openidc": () =>
    existsSync("/usr/lib/apache2/modules/mod_auth_openidc.so") ? [] : ["libapache2-mod-auth-openidc"],
  "python-jwt": () =>
    spawnSync("/usr/bin/python3", ["-c", "import jwt, cryptography"]).status === 0 ? [] : ["python3-jwt"],
} satisfies Record<string, () => string[]>;

export type Need = keyof typeof LACKING;

/** Machines made of network namespaces, each with the real agent. */
export const MACHINES = ["root", "tun", "namespaces", "tools"] as const;

/**
 * `describe` and `it` for tests with needs: `where("data").it("agrees with the published vectors", …)`.
 * @throws Error when something is missing that `RUSTRONAUT_HAS` names.
 */
export function where(...needs: readonly Need[]) {
  const missing = needs.flatMap((need) => LACKING[need]().map((what) => ({ need, what })));
  const stated = new Set(process.env.RUSTRONAUT_HAS?.split(" "));
  const broken = missing.filter(({ need }) => stated.has(need));
  if (broken.length > 0)
    throw new Error(`RUSTRONAUT_HAS="${process.env.RUSTRONAUT_HAS}" is not so: there is no ${list(broken)}`);
  const reason = missing.length > 0 ? ` (skipped: needs ${list(missing)})` : "";
  return {
    describe: (title: string, body: () => void) => describe.skipIf(reason !== "")(title + reason, body),
    it: (title: string, body: () => unknown, timeoutMs?: number) =>
      it.skipIf(reason !== "")(title + reason, body, timeoutMs),
  };
}

const list = (missing: readonly { readonly what: string }[]) => missing.map(({ what }) => what).join(", ");
