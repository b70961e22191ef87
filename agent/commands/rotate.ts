import { ask } from "../control/client.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Context } from "./context.ts";

export async function rotate(context: Context): Promise<ExitCode> {
  await ask(context.store.directory, { do: "rotate" });
  context.emit({ offered: true }, () => "New keys are offered; they come into use with the next config.\n");
  return EXIT.ok;
}
