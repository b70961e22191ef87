import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { readCommandLine } from "../../../agent/command-line.ts";
import { settingsOf } from "../../../agent/commands/context.ts";
import { serve } from "../../../agent/commands/serve.ts";
import { EXIT } from "../../../agent/exit-codes.ts";
import { Failure, messageOf } from "../../../agent/failure.ts";
import { Store } from "../../../agent/state/store.ts";
import type { Observed } from "../../../agent/tunnel/tunnel.ts";
import { modelMachine } from "../../support/model-machine.ts";

/** The real agent as a process of its own, on a machine that is a model in a file: `worker.ts MACHINE up …`. */

/** A machine's system, and which steps it refuses or never comes back from. */
export interface MachineFile {
  readonly system: Observed;
  readonly refuses: readonly string[];
  readonly hangsAt: readonly string[];
}

const [, , file = "", ...argv] = process.argv;
const read = () => JSON.parse(readFileSync(file, "utf8")) as MachineFile;

const machine = modelMachine({
  read: () => read().system,
  write: (system) => {
    writeFileSync(`${file}.new`, JSON.stringify({ ...read(), system }));
    renameSync(`${file}.new`, file);
  },
  before: (step) => {
    const { refuses, hangsAt } = read();
    if (refuses.includes(step.do)) throw new Error(`The system refuses ${step.do}`);
    if (!hangsAt.includes(step.do)) return;
    console.log(`hangs at ${step.do}`);
    return new Promise(() => undefined);
  },
});

async function main(): Promise<number> {
  const line = readCommandLine(argv);
  const context = { line, store: new Store(line.stateDirectory), emit: () => undefined };
  const settings = await settingsOf(context);
  const ending = await serve(context, settings, async () => {
    await context.store.writeSettings(settings);
    return machine;
  });
  return ending === "revoked" ? EXIT.refused : EXIT.ok;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(messageOf(error));
    process.exit(error instanceof Failure ? error.exitCode : EXIT.failure);
  },
);
