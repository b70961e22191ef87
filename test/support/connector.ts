import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buildAgent } from "../../scripts/build-agent.ts";
import type { Client } from "../../shared/api/client.ts";
import { until } from "./mesh.ts";

/** `rustronaut-agent connect`, run as its user runs it: the bundle, in a process of its own. */
export interface TestConnector {
  readonly name: string;
  readonly pid: number;
  /** All that it said. */
  log(): string;
  /** Ends the process. With SIGTERM it drains first. */
  end(signal?: NodeJS.Signals): Promise<void>;
}

let bundle: Promise<string> | null = null;

const NOBODY = 65_534;
/** As a container does that was given no capability (util-linux). */
const WITHOUT_CAPABILITIES = [
  ...["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"],
  ...["--bounding-set=-all", "--inh-caps=-all", "--no-new-privs", "--"],
];

/** A reusable key for connectors with these tags. The network must have a root. */
export async function connectorKey(admin: Client, tags: readonly string[]): Promise<string> {
  const { data } = await admin.call("enrolmentKeys.create", {
    body: {
      name: `connectors ${tags.join()}`.trim(),
      segment: "main",
      tags: [...tags],
      maxUses: 100,
      preApproved: true,
    },
  });
  return data.secret;
}

/** Starts an agent, and waits until its tunnel of each of these apps is open. */
export async function startConnector(
  hub: string,
  key: string,
  options: {
    readonly name: string;
    readonly dial: string;
    readonly apps: readonly string[];
    readonly more?: readonly string[];
    /** Whether it runs as nobody, without any capability. Only root can do that. */
    readonly asNobody?: boolean;
    readonly env?: Readonly<Record<string, string>>;
    /** Where its state is kept beyond its end. */
    readonly stateDirectory?: string;
  },
): Promise<TestConnector> {
  bundle ??= buildAgent(mkdtempSync(join(tmpdir(), "rustronaut-bundle-")));
  const { name, dial, apps, more = [], asNobody = false, stateDirectory } = options;
  const directory = stateDirectory ?? mkdtempSync(join(tmpdir(), "rustronaut-connect-"));
  const words = ["connect", "--hub", hub, "--dial", dial, "--hostname", name, "--state-dir", directory];
  if (asNobody) {
    chownSync(directory, NOBODY, NOBODY);
    chmodSync(dirname(await bundle), 0o755);
  }
  const [program = "", ...before] = [...(asNobody ? WITHOUT_CAPABILITIES : []), process.execPath];
  const child: ChildProcess = spawn(program, [...before, await bundle, ...words, ...more], {
    env: { ...process.env, ...options.env, RUSTRONAUT_KEY: key },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      log += chunk.toString();
    });
  }
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const end = (signal: NodeJS.Signals = "SIGKILL"): Promise<void> =>
    new Promise((resolve) => {
      const done = () => {
        if (stateDirectory === undefined) rmSync(directory, { recursive: true, force: true });
        resolve();
      };
      if (hasEnded()) return done();
      child.once("exit", done);
      child.kill(signal);
    });
  await until(
    `${name} serves ${apps.join()}`,
    () => {
      if (hasEnded()) throw new Error(`the connector ended: ${log}`);
      return apps.every((app) => log.includes(`The tunnel of ${app} is open`));
    },
    30,
    50,
  ).catch(async (error: unknown) => {
    await end();
    throw new Error(`${error}: ${log}`);
  });
  return { name, pid: child.pid ?? 0, log: () => log, end };
}
