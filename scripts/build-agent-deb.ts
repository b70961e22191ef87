import { execFileSync } from "node:child_process";
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { VERSION } from "../agent/version.ts";
import { buildExecutable } from "./build-agent-sea.ts";

/**
 * Makes the Debian package of the agent: the single executable, its service, and the install scripts of
 * `packaging/deb/`.
 */

/** Maps Node's names of architectures to Debian's names. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };
const SETTINGS = {
  "hub.env": "# The hub's address:\n#RUSTRONAUT_HUB=https://hub.example.com\n",
  "proxy.env":
    "# Where only a proxy leads to the hub:\n#HTTPS_PROXY=http://proxy.example.com:3128\n#NO_PROXY=\n",
};
const SCRIPTS = ["postinst", "prerm", "postrm"];

interface DebOptions {
  /** This file becomes `/usr/bin/rustronaut-agent`. */
  readonly program: string;
  readonly outdir?: string;
  readonly version?: string;
}

/**
 * Builds the package. The same program at the same `SOURCE_DATE_EPOCH` (seconds; by default the time of the
 * last commit) gives the same bytes. An executable that is built again is different, because the V8 code
 * cache in it differs.
 *
 * @returns The path of the package.
 */
export async function buildDeb({
  program,
  outdir = "dist/agent",
  version = VERSION,
}: DebOptions): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "rustronaut-deb-"));
  const put = async (path: string, content: string, mode = 0o644) => {
    const file = join(root, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
    await chmod(file, mode);
  };
  const architecture = ARCHITECTURES[process.arch] ?? process.arch;
  await put("DEBIAN/control", control(version, architecture));
  await put(
    "DEBIAN/conffiles",
    Object.keys(SETTINGS)
      .map((name) => `/etc/rustronaut/${name}\n`)
      .join(""),
  );
  for (const name of SCRIPTS)
    await put(`DEBIAN/${name}`, await readFile(`packaging/deb/${name}`, "utf8"), 0o755);
  for (const [name, text] of Object.entries(SETTINGS)) await put(`etc/rustronaut/${name}`, text, 0o600);
  await put(
    "usr/lib/systemd/system/rustronaut-agent.service",
    await readFile("packaging/rustronaut-agent.service", "utf8"),
  );
  await put("usr/share/doc/rustronaut-agent/copyright", await readFile("LICENSE", "utf8"));
  await mkdir(join(root, "usr/bin"), { recursive: true });
  await copyFile(program, join(root, "usr/bin/rustronaut-agent"));
  await chmod(join(root, "usr/bin/rustronaut-agent"), 0o755);
  execFileSync("find", [root, "-type", "d", "-exec", "chmod", "755", "{}", "+"]);
  await chmod(join(root, "etc/rustronaut"), 0o700);
  await mkdir(outdir, { recursive: true });
  const deb = join(outdir, `rustronaut-agent_${version}_${architecture}.deb`);
  const time =
    process.env.SOURCE_DATE_EPOCH ?? execFileSync("git", ["log", "-1", "--pretty=%ct"], { encoding: "utf8" });
  execFileSync("dpkg-deb", ["--root-owner-group", "-Zgzip", "--build", root, deb], {
    env: { ...process.env, SOURCE_DATE_EPOCH: time.trim() },
    stdio: "pipe",
  });
  await rm(root, { recursive: true });
  return deb;
}

const control = (version: string, architecture: string): string => `Package: rustronaut-agent
Version: ${version}
Architecture: ${architecture}
Maintainer: Rustronaut <rustronaut@localhost>
Depends: iproute2, nftables, wireguard-tools, libc6 (>= 2.28), libstdc++6, libgcc-s1
Suggests: wireguard-go
Section: net
Priority: optional
Description: Node agent of a Rustronaut network
 Joins this machine to a zero-trust network that a team runs itself, and keeps
 its WireGuard tunnel and its packet filter as the hub's signed configs say.
`;

if (import.meta.main) process.stdout.write(`${await buildDeb({ program: await buildExecutable() })}\n`);
