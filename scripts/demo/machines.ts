import { spawn } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { buildAgent } from "../build-agent.ts";
import { endChildrenWithUs, whenNpmEnds } from "../local/end-together.ts";
import { openGate } from "../local/gate.ts";
import { createLab, whyNoLab } from "../local/namespaces.ts";

/**
 * `npm run machines -- KEY [--port N]`: makes two machines from network namespaces. The real agent runs on
 * each machine and joins the hub of `npm start`. Ctrl+C removes the machines.
 */

const MACHINES = 2;
const SUBNET = 87;
const FOLDER = resolve(".rustronaut/machines");

const [key] = process.argv.slice(2);
const port = Number(process.argv[process.argv.indexOf("--port") + 1] ?? 8787) || 8787;
const lack = whyNoLab();
if (!key?.startsWith("rnek_"))
  fail("Which enrolment key? `npm start` prints one: sudo npm run machines -- rnek_…");
if (lack !== null) fail(`Machines can't be made here: that ${lack}.`);

endChildrenWithUs();
const bundle = resolve(await buildAgent());
rmSync(FOLDER, { recursive: true, force: true });
const lab = createLab(MACHINES, ["hub.localhost"], SUBNET, "machine-");
const gate = await openGate(lab.gateway, port);
const agents = lab.machines.map((machine, index) => {
  const state = join(FOLDER, machine.name);
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const [command, ...words] = machine.enter(
    ...[process.execPath, "--disable-warning=ExperimentalWarning", bundle, "up"],
    ...["--hub", `http://hub.localhost:${port}`, "--hostname", machine.name],
    ...["--interface", `rndemo${index + 1}`, "--state-dir", state],
  );
  const env = { ...process.env, RUSTRONAUT_KEY: key };
  return spawn(command, words, { env, stdio: ["ignore", "inherit", "inherit"] });
});

process.stdout.write(`
Two machines are starting. In another terminal:

  sudo ip netns exec machine-1 ping machine-2.demo.internal
  sudo ip netns exec machine-1 ${process.execPath} ${bundle} status --state-dir ${join(FOLDER, "machine-1")}

Ctrl+C takes them away.
`);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => void stop());
whenNpmEnds(() => void stop());
await Promise.all(agents.map((agent) => new Promise((ended) => agent.once("exit", ended))));
await stop();

async function stop(): Promise<never> {
  lab.remove();
  await gate.shut();
  rmSync(FOLDER, { recursive: true, force: true });
  process.exit(0);
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
