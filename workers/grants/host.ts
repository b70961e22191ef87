import type { GrantApp } from "../hub/grants/facts.ts";

/** The host of the app to which the person goes on: the one that is asked for, if the app has it, or the main one. */
export const chosenHost = (
  { host, hosts }: Pick<GrantApp, "host" | "hosts">,
  asked: Pick<URLSearchParams, "get">,
): string => hosts.find((one) => one === asked.get("host")) ?? host;
