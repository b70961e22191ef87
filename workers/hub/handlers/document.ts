import { throwRefusal } from "../../platform/refused.ts";
import type { Handlers } from "../call.ts";
import { writeOfPlan } from "../document/apply.ts";
import { planOf } from "../document/plan.ts";
import { readDocument } from "../document/read.ts";

export const DOCUMENT_HANDLERS: Handlers<"network.export" | "network.plan" | "network.apply"> = {
  "network.export": async ({ bindings }) => {
    const { baseVersion, document } = await readDocument(bindings.db);
    return { body: { baseVersion, document } };
  },

  "network.plan": async (call) => {
    const { rows, baseVersion, document } = await readDocument(call.bindings.db);
    const steps = planOf(document, call.body.document, call.body.prune ?? false);
    // Whoever looks at a plan learns now what applying it would refuse.
    const { body } = await writeOfPlan(call, rows, baseVersion, steps);
    return { body };
  },

  "network.apply": async (call) => {
    const { rows, baseVersion, document } = await readDocument(call.bindings.db);
    if (call.body.baseVersion !== baseVersion) {
      throwRefusal("precondition_failed", "The network changed since the plan was made. Make a new plan.");
    }
    const steps = planOf(document, call.body.document, call.body.prune ?? false);
    return writeOfPlan(call, rows, baseVersion, steps);
  },
};
