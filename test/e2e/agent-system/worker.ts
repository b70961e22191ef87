import { readFileSync } from "node:fs";
import { machineAt } from "../../../agent/system/machine.ts";
import type { Place } from "../../../agent/system/system.ts";
import { SystemWatch } from "../../../agent/system/watch.ts";
import { readDevice } from "../../../agent/system/wg.ts";
import { readWithTool } from "../../../agent/system/wg-tool.ts";
import { converge } from "../../../agent/tunnel/apply.ts";
import { planApply } from "../../../agent/tunnel/plan.ts";
import type { Observed, Tunnel } from "../../../agent/tunnel/tunnel.ts";
import { SerialQueue } from "../../../shared/base/async/serial-queue.ts";

/** The agent's system layer as a process of its own, to be run inside a namespace and killed. */

interface Job {
  readonly place: Place;
  readonly keys: Readonly<Record<string, string>>;
  readonly tunnels: readonly Tunnel[];
  /** How the system was seen to stand before. */
  readonly known: Observed | null;
}

const [, , verb, file = ""] = process.argv;
const { place, keys, tunnels, known } = JSON.parse(readFileSync(file, "utf8")) as Job;
const privateKey = async (publicKey: string) => keys[publicKey] ?? "";
const [first] = tunnels;
const machine = machineAt(place);

if (verb === "apply" && first) {
  console.log(JSON.stringify(await converge(machine, first, privateKey, known)));
} else if (verb === "spin") {
  console.log("spinning");
  // From one state to the next until the test kills it.
  let stood = known;
  for (;;) for (const tunnel of tunnels) stood = (await converge(machine, tunnel, privateKey, stood)).seen;
} else if (verb === "keep" && first) {
  await converge(machine, first, privateKey);
  // One at a time, and a failure is survived, as in the agent: what made it fail is an event, too.
  const queue = new SerialQueue();
  const mend = () => queue.run(() => converge(machine, first, privateKey)).catch(console.error);
  const watch = new SystemWatch(place.interfaceName, {
    onChange: mend,
    onFirewall: () => undefined,
    onTableTouched: () => machine.doubtFilter(),
  });
  await watch.start();
  console.log("keeping");
} else if (verb === "check" && first) {
  console.log(JSON.stringify(planApply(await machine.observe(), first)));
} else if (verb === "device") {
  const name = place.interfaceName;
  console.log(JSON.stringify({ asked: await readDevice(name), tool: await readWithTool(name) }));
} else if (verb === "down") {
  await machine.clear(false);
}
