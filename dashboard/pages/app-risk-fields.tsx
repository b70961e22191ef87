import type { RiskSettings } from "../../shared/access/grade/settings.ts";
import { MONITORING } from "../../shared/access/policy/terms.ts";
import { Field } from "../components/field.tsx";
import { issueOf } from "../components/states.tsx";
import { splitList } from "../lib/format.ts";

const THRESHOLDS = [
  ["watchRisk", "Record every request from this risk on"],
  ["readOnlyRisk", "Allow only reading from this risk on"],
  ["pauseRisk", "Ask for a new sign-in from this risk on"],
  ["allowedRisk", "End the session above this risk"],
] as const;

const MONITORING_WORDS = {
  normal: "Decisions only",
  watched: "Also the size and time of every request",
  recorded: "Also the headers, most of them without their values",
} as const;

/** What `RiskFields` holds. */
export function readRiskFields(form: FormData): RiskSettings {
  const text = (name: string) => String(form.get(name) ?? "").trim();
  const [watchRisk, readOnlyRisk, pauseRisk, allowedRisk] = THRESHOLDS.map(([name]) => Number(text(name)));
  return {
    ...({ watchRisk, readOnlyRisk, pauseRisk, allowedRisk } as Pick<
      RiskSettings,
      (typeof THRESHOLDS)[number][0]
    >),
    stepUp: text("stepUp") as RiskSettings["stepUp"],
    monitoring: text("monitoring") as RiskSettings["monitoring"],
    riskCurve: splitList(text("riskCurve")).map((line) => {
      const [risk = 0, idleSeconds = 0, absoluteSeconds = 0] = line.split(/\s+/).map(Number);
      return { risk, idleSeconds, absoluteSeconds };
    }),
  };
}

/** How an app answers risk. */
export function RiskFields({
  settings,
  error,
}: {
  readonly settings: RiskSettings;
  readonly error: unknown;
}) {
  return (
    <details>
      <summary>Risk and recording</summary>
      <fieldset>
        <legend className="hidden">Risk and recording</legend>
        {THRESHOLDS.map(([name, label]) => (
          <Field
            key={name}
            label={label}
            hint={name === "watchRisk" ? "From 1 to 100; 101 stands for never." : undefined}
            error={issueOf(error, `/settings/${name}`)}
          >
            {(c) => (
              <input
                {...c}
                name={name}
                type="number"
                min={0}
                max={101}
                required
                defaultValue={settings[name]}
              />
            )}
          </Field>
        ))}
        <Field label="What lifts a pause">
          {(c) => (
            <select {...c} name="stepUp" defaultValue={settings.stepUp}>
              <option value="reauthentication">A new sign-in</option>
              <option value="second_factor">A sign-in with a second factor</option>
            </select>
          )}
        </Field>
        <Field label="Recorded whatever the risk">
          {(c) => (
            <select {...c} name="monitoring" defaultValue={settings.monitoring}>
              {MONITORING.map((level) => (
                <option key={level} value={level}>
                  {MONITORING_WORDS[level]}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field
          label="How risk shortens sessions"
          hint="One point a line: risk, seconds without use, seconds in any case. Between them the line is straight."
          error={issueOf(error, "/settings/riskCurve")}
        >
          {(c) => (
            <textarea
              {...c}
              name="riskCurve"
              rows={2}
              defaultValue={settings.riskCurve
                .map(({ risk, idleSeconds, absoluteSeconds }) => `${risk} ${idleSeconds} ${absoluteSeconds}`)
                .join("\n")}
            />
          )}
        </Field>
      </fieldset>
    </details>
  );
}
