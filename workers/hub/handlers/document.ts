import { throwRefusal } from "../../platform/refused.ts";
import { rehearse } from "../../registry/guards.ts";
import type { Call, Handlers } from "../call.ts";
import { writeOfPlan } from "../document/apply.ts";
import { canonicalDocument } from "../document/canonical.ts";
import { planOf } from "../document/plan.ts";
import { readDocument } from "../document/read.ts";
import { explainFailure } from "../failures.ts";

/** What applying the document would change now. */
async function judge(given: Call<"network.plan" | "network.apply">) {
  const { rows, baseVersion, document } = await readDocument(given.bindings.db);
  const call = {
    ...given,
    body: { ...given.body, document: canonicalDocument(given.bindings, given.body.document) },
  };
  const steps = planOf(document, call.body.document, call.body.prune ?? false);
  return { baseVersion, write: () => writeOfPlan(call, rows, baseVersion, steps) };
}

export const DOCUMENT_HANDLERS: Handlers<"network.export" | "network.plan" | "network.apply"> = {
  "network.export": async ({ bindings }) => {
    const { baseVersion, document } = await readDocument(bindings.db);
    return { body: { baseVersion, document } };
  },

  "network.plan": async (call) => {
    const { write } = await judge(call);
    // This makes the plan show every refusal that applying it would meet.
    const { statements, body } = await write();
    if (body.steps.length > 0) await rehearse(call.bindings.db, statements).catch(explainFailure);
    return { body };
  },

  "network.apply": async (call) => {
    const { baseVersion, write } = await judge(call);
    if (call.body.baseVersion !== baseVersion) {
      throwRefusal("precondition_failed", "The network changed since the plan was made. Make a new plan.");
    }
    return write();
  },
};
