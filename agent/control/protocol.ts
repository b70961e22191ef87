import { join } from "node:path";

/** The requests that commands send to a running agent over its socket, and the answers. Each is one line of JSON. */

export type ControlRequest =
  | { readonly do: "status" }
  | { readonly do: "resolve"; readonly node: string }
  | { readonly do: "mend" }
  | { readonly do: "rotate" }
  | { readonly do: "down" }
  | { readonly do: "logout" };

export type ControlAnswer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: string; readonly message: string };

export const socketPath = (stateDirectory: string): string => join(stateDirectory, "control.sock");
export const MAX_LINE = 64 * 1024;
