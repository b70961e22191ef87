import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { VERSION } from "../agent/version.ts";
import { CAPABILITY } from "../shared/node/protocol/types.ts";
import { buildAgent } from "./build-agent.ts";
import { EXECUTABLE, type ExecutableNote, executableNote } from "./build-agent-sea.ts";

/**
 * Makes the files that the hub serves to machines, as static assets of the Worker: `install.sh`, and below
 * `agent/` the bundle, the single executable if one was built from the same source, and `manifest.json`. The
 * files contain no secret.
 */

/** Cloudflare allows at most 25 MiB per asset, so an executable is compressed and split into parts. */
const PART_BYTES = 20 * 1_048_576;
/** Maps Node's names of architectures to the output of `uname -m`. */
const MACHINES: Readonly<Record<string, string>> = { x64: "x86_64", arm64: "aarch64" };

interface Download {
  readonly kind: "bundle" | "executable";
  /**
   * The output of `uname -m` on the machines that the download is for. Null if the download runs on every
   * machine with Node.
   */
  readonly machine: string | null;
  /** The paths on the hub. The parts of an executable, joined in order, are one gzip stream. */
  readonly paths: readonly string[];
  /** The hash of the joined parts. `size` is their size in bytes. */
  readonly sha256: string;
  readonly size: number;
  /** The hash and the size of the program itself. */
  readonly program: { readonly sha256: string; readonly size: number };
}

export interface Manifest {
  readonly version: string;
  readonly capability: number;
  readonly downloads: readonly Download[];
}

export async function buildDownloads(outdir = "dist/dashboard", agentDir = "dist/agent"): Promise<Manifest> {
  await rm(join(outdir, "agent"), { recursive: true, force: true });
  await mkdir(join(outdir, "agent"), { recursive: true });
  const bundle = await readFile(await buildAgent(agentDir));
  const downloads = [await store(outdir, "bundle", null, "js", bundle, bundle)];
  const note = await executableNote(agentDir);
  const isCurrent = note?.bundleSha256 === sha256(bundle);
  if (note && isCurrent) downloads.push(await packExecutable(outdir, agentDir, note));
  if (note && !isCurrent)
    process.stderr.write(
      "The single executable is of another source and is left out: run npm run build:agent:sea\n",
    );
  const manifest = { version: VERSION, capability: CAPABILITY, downloads };
  await writeFile(join(outdir, "agent/manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  await writeFile(join(outdir, "install.sh"), await installer(downloads));
  return manifest;
}

async function packExecutable(outdir: string, agentDir: string, { arch }: ExecutableNote): Promise<Download> {
  const program = await readFile(join(agentDir, EXECUTABLE));
  return store(outdir, "executable", MACHINES[arch] ?? arch, "gz", program, gzipSync(program));
}

/** The name contains the hash. So a file never changes under its name, and may be cached for ever. */
async function store(
  outdir: string,
  kind: Download["kind"],
  machine: string | null,
  suffix: string,
  program: Buffer,
  packed: Buffer,
): Promise<Download> {
  const hash = sha256(packed);
  const name = ["agent/rustronaut-agent", VERSION, machine, hash.slice(0, 12)].filter(Boolean).join("-");
  const parts = Array.from({ length: Math.ceil(packed.length / PART_BYTES) }, (_, index) =>
    packed.subarray(index * PART_BYTES, (index + 1) * PART_BYTES),
  );
  const paths = parts.map((_, index) => `${name}${parts.length > 1 ? `-${index + 1}` : ""}.${suffix}`);
  for (const [index, path] of paths.entries()) await writeFile(join(outdir, path), parts[index] ?? "");
  return {
    ...{ kind, machine, paths, sha256: hash, size: packed.length },
    program: { sha256: sha256(program), size: program.length },
  };
}

/**
 * The complete installer except the hub's own address. The Worker fills in the address
 * (`workers/hub/downloads.ts`).
 */
async function installer(downloads: readonly Download[]): Promise<string> {
  const bundle = downloads.find(({ kind }) => kind === "bundle");
  const executables = downloads
    .filter(({ kind }) => kind === "executable")
    .map(({ machine, paths, sha256 }) => `${machine}) parts='${paths.join(" ")}' packed_sha256=${sha256} ;;`);
  const unit = await readFile("packaging/rustronaut-agent.service", "utf8");
  const fills: Readonly<Record<string, string>> = {
    "@BUNDLE_PATH@": bundle?.paths[0] ?? "",
    "@BUNDLE_SHA256@": bundle?.sha256 ?? "",
    "# @EXECUTABLES@": executables.join("\n    "),
    "@UNIT@": unit.trimEnd(),
  };
  const template = await readFile("packaging/install.sh", "utf8");
  return Object.entries(fills).reduce((text, [mark, fill]) => text.replace(mark, () => fill), template);
}

const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

if (import.meta.main) {
  const { version, capability, downloads } = await buildDownloads();
  process.stdout.write(`Agent ${version} (capability ${capability}), served by the hub:\n`);
  for (const { kind, machine, program } of downloads)
    process.stdout.write(`  ${program.sha256}  ${kind}${machine ? ` for ${machine}` : ""}\n`);
}
