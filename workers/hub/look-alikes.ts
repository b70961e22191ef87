import { lookAlikeFault } from "../../shared/base/look-alikes.ts";
import { throwRefusal } from "../platform/refused.ts";

/**
 * Refuses a new name that could be taken for another one in a rule or policy. What has such a name from before keeps it until it
 * gets another one.
 */
export function refuseLookAlike(thing: "segment" | "group", name: string): void {
  const fault = lookAlikeFault(name);
  if (fault === null) return;
  const message = `${fault}. Use the letters of one language, such as Büro`;
  throwRefusal("invalid_input", `The ${thing}'s name ${JSON.stringify(name)} ${message}.`, {
    issues: [{ path: "/name", message }],
  });
}
