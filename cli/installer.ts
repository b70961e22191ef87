import { INSTALLER_PATH, installerHash, installLine, joinLine } from "../shared/node/install-line.ts";
import type { App } from "./app.ts";
import { localFetch } from "./http/fetch.ts";

/** What to run on a machine that is to join, with and without the agent on it. */
export interface JoinLines {
  /** Null where the hub serves no agent. */
  readonly install: string | null;
  readonly join: string;
}

/** The installer is fetched here, so that its hash comes by the administrator's own connection to the hub. */
export async function joinLines(hub: string, key: string): Promise<JoinLines> {
  const answer = await localFetch(hub + INSTALLER_PATH);
  const install = answer.ok
    ? installLine(hub, await installerHash(await answer.text(), crypto.subtle), key)
    : null;
  return { install, join: joinLine(hub, key) };
}

export function joinText({ install, join }: JoinLines): string {
  if (install === null) return `On the machine that is to join, with the agent installed:\n  ${join}\n`;
  return `On the machine that is to join:\n\n${install}\n\nWhere the agent is installed already:\n\n${join}\n`;
}

export function noteSecrecy(app: App): void {
  app.note("The key is shown only this once; whoever has it can join.");
}
