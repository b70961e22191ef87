import type { GrantSettings } from "../../shared/access/grants/settings.ts";
import { ACTIONS, type ActionName } from "../../shared/access/policy/request.ts";
import { Check, Field } from "../components/field.tsx";
import { issueOf } from "../components/states.tsx";
import { splitList } from "../lib/format.ts";

const PEOPLE = [
  ["grantAskers", "Who may request access", "One a line: user:EMAIL or group:NAME. Empty: nobody."],
  ["grantApprovers", "Who approves", "Written in the same way. Nobody approves a request of their own."],
  [
    "emergencyAskers",
    "Who may let themselves in, in an emergency",
    "Owners are told, and somebody reviews it.",
  ],
] as const;

const NUMBERS = [
  ["grantApprovals", "How many must approve", 1, 5],
  ["grantMaxSeconds", "Longest access in seconds", 60, 2_592_000],
  ["emergencySeconds", "Longest emergency in seconds", 60, 86_400],
] as const;

/** What `GrantFields` holds. */
export function readGrantFields(form: FormData): GrantSettings {
  const text = (name: string) => String(form.get(name) ?? "").trim();
  const list = (name: string) => splitList(text(name));
  const actions = ACTIONS.filter((action) => form.has(`grant-${action}`));
  return {
    grantAskers: list("grantAskers"),
    grantApprovers: list("grantApprovers"),
    emergencyAskers: list("emergencyAskers"),
    grantApprovals: Number(text("grantApprovals")),
    grantMaxSeconds: Number(text("grantMaxSeconds")),
    emergencySeconds: Number(text("emergencySeconds")),
    grantActions: actions.length === ACTIONS.length ? [] : actions,
    grantPaths: list("grantPaths"),
  };
}

/** Who may request access to an app, who approves, and what a grant allows at most. */
export function GrantFields({
  settings,
  error,
}: {
  readonly settings: GrantSettings;
  readonly error: unknown;
}) {
  const isOn = (action: ActionName) =>
    settings.grantActions.length === 0 || settings.grantActions.includes(action);
  return (
    <details>
      <summary>Requests for access</summary>
      <fieldset>
        <legend className="hidden">Requests for access</legend>
        {PEOPLE.map(([name, label, hint]) => (
          <Field key={name} label={label} hint={hint} error={issueOf(error, `/settings/${name}`)}>
            {(c) => <textarea {...c} name={name} rows={2} defaultValue={settings[name].join("\n")} />}
          </Field>
        ))}
        {NUMBERS.map(([name, label, min, max]) => (
          <Field key={name} label={label} error={issueOf(error, `/settings/${name}`)}>
            {(c) => (
              <input
                {...c}
                name={name}
                type="number"
                min={min}
                max={max}
                required
                defaultValue={settings[name]}
              />
            )}
          </Field>
        ))}
        <Field
          label="Paths that a grant opens"
          hint="One a line, with * for any text, such as /reports/*. Empty: every path."
          error={issueOf(error, "/settings/grantPaths")}
        >
          {(c) => (
            <textarea {...c} name="grantPaths" rows={2} defaultValue={settings.grantPaths.join("\n")} />
          )}
        </Field>
        {ACTIONS.map((action) => (
          <Check
            key={action}
            label={`A grant allows the action ${action}`}
            name={`grant-${action}`}
            defaultChecked={isOn(action)}
          />
        ))}
      </fieldset>
    </details>
  );
}
