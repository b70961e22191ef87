import { err, ok, type Result } from "../base/result.ts";
import { describeTextError } from "../base/text-error.ts";
import type { Traffic } from "../node/config/types.ts";
import { parseTraffic, printTraffic } from "./traffic.ts";

/** Services: traffic with a name, which rules call `service:NAME`. A service holds no other, so there are no cycles. */

export const SERVICE = "service:";

/** How many entries of traffic a service has at most. So much of a rule it takes. */
export const SERVICE_TRAFFIC = 8;

/** The name, in plain ASCII, so that no two names look alike and none means anything to another program. */
export const SERVICE_NAME = /^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/;

export const isServiceName = (name: string): boolean => SERVICE_NAME.test(name);

export interface ServiceTextError {
  /** The index of the entry. Null when the list itself is refused. */
  readonly index: number | null;
  /** What is wrong, and what to write instead, in words. */
  readonly detail: string;
}

/** Reads the traffic of a service. Duplicate entries are kept once. */
export function parseService(texts: readonly string[]): Result<Traffic[], ServiceTextError> {
  if (texts.length === 0)
    return err({ index: null, detail: "A service is some traffic. Name at least one." });
  if (texts.length > SERVICE_TRAFFIC)
    return err({ index: null, detail: `Name at most ${SERVICE_TRAFFIC}, or make two services of it.` });
  const traffic = new Map<string, Traffic>();
  for (const [index, text] of texts.entries()) {
    if (text.startsWith(SERVICE))
      return err({ index, detail: "A service holds no other service. Name its traffic, such as tcp/443." });
    const parsed = parseTraffic(text);
    if (!parsed.ok) return err({ index, detail: describeTextError(parsed.error) });
    traffic.set(printTraffic(parsed.value), parsed.value);
  }
  return ok([...traffic.values()]);
}
