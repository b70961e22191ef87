import type { BalanceSettings } from "../../shared/http/upstream-order.ts";
import { Field } from "../components/field.tsx";
import { settingFields } from "../components/setting-fields.tsx";
import { issueOf } from "../components/states.tsx";
import { splitList } from "../lib/format.ts";

/** What `BalanceFields` holds. */
export const readBalanceFields = (form: FormData): BalanceSettings => ({
  upstreamChoice: String(form.get("upstreamChoice")) as BalanceSettings["upstreamChoice"],
  upstreamWeights: splitList(String(form.get("upstreamWeights") ?? "")).map(Number),
  upstreamRestSeconds: Number(form.get("upstreamRestSeconds")),
});

/** Which of several upstreams is asked. */
export function BalanceFields({
  settings,
  error,
}: {
  readonly settings: BalanceSettings;
  readonly error: unknown;
}) {
  const field = settingFields(settings, error);
  return (
    <details>
      <summary>Several upstreams</summary>
      <fieldset>
        <legend className="hidden">Several upstreams</legend>
        {field.choice("upstreamChoice", "Which one is asked", {
          first: "The first, and the next when it does not answer",
          spread: "One by lot for each request",
          sticky: "The same for all requests of a session",
        })}
        <Field
          label="How much each takes"
          hint="Numbers in the order of the upstreams, separated by commas. Not named: 1. 0: only when no other answers."
          error={issueOf(error, "/settings/upstreamWeights")}
        >
          {(c) => <input {...c} name="upstreamWeights" defaultValue={settings.upstreamWeights.join(", ")} />}
        </Field>
        {field.number(
          "upstreamRestSeconds",
          "Seconds that one comes last after it gave no answer twice",
          undefined,
          600,
        )}
      </fieldset>
    </details>
  );
}
