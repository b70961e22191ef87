import type { NetworkDocument, PlanStep } from "../../../shared/api/document.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { unchanged } from "../../registry/guards.ts";
import { changeApp, endsOf, newApp, removeApp, storeApp } from "../handlers/apps.ts";
import type { Building } from "./apply.ts";
import type { NetworkRows } from "./read.ts";

/** Makes, changes or removes an app. The audience of a new one may be given. */
export async function applyApp(
  building: Building,
  step: PlanStep,
  item: NonNullable<NetworkDocument["apps"]>[number] | undefined,
): Promise<void> {
  const { call, rows, guards, statements, ends, names, warnings } = building;
  const d1 = call.bindings.db;
  const before = rows.apps.find((app) => app.name === step.name);
  if (before) guards.push(unchanged(d1, "apps", before, before.version));
  if (!item) {
    if (!before) return;
    statements.push(...removeApp(d1, before));
    ends.push(...endsOf(before, null));
    warnings.push(
      `app ${before.name}: its audience (the \`aud\` of its assertions) goes with it; to keep it when the app is made anew, give \`audience: ${before.id}\``,
    );
    return;
  }
  refuseAudience(rows, item);
  const segmentOf = async (name: string) => ({ id: names.segment(name), name });
  const after = before
    ? await changeApp(call.bindings, before, item, call.now, segmentOf)
    : {
        ...(await newApp(call.bindings, item, call.now, segmentOf)),
        ...(item.audience ? { id: item.audience } : {}),
      };
  statements.push(...storeApp(d1, after, before !== undefined, call.now));
  if (before) ends.push(...endsOf(before, after));
}

/** The audience of an app never changes, because upstreams refuse assertions with another audience. */
function refuseAudience(
  { apps }: NetworkRows,
  { name, audience }: { name: string; audience?: string | undefined },
): void {
  if (audience === undefined) return;
  const own = apps.find((app) => app.name === name)?.id;
  if (own !== undefined && own !== audience)
    throwRefusal(
      "conflict",
      `The audience of the app ${name} is ${own} and stays so. Leave \`audience\` out.`,
    );
  const other = apps.find((app) => app.id === audience && app.name !== name);
  if (other)
    throwRefusal(
      "conflict",
      `The audience ${audience} is that of the app ${other.name}. To give an app another name, use \`rustronaut apps update ${other.name} --name ${name}\`.`,
    );
}
