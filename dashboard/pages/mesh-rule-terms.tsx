import { Check, Field } from "../components/field.tsx";
import { issueOf } from "../components/states.tsx";
import { localInput } from "../lib/local-input.ts";

/** What a rule does to its traffic, when it holds, and who answers for it. */
export interface RuleTerms {
  readonly effect: "allow" | "deny";
  readonly notBefore: number | null;
  readonly notAfter: number | null;
  readonly weekly: string | null;
  readonly when: string;
  readonly log: boolean;
  readonly owner: string | null;
}

export const NO_TERMS: RuleTerms = {
  effect: "allow",
  notBefore: null,
  notAfter: null,
  weekly: null,
  when: "",
  log: false,
  owner: null,
};

/** @param before What the form showed. Its fields show minutes, so a time that nobody touched stays to the millisecond. */
export function termsIn(data: FormData, before: RuleTerms): RuleTerms {
  const text = (name: string) => String(data.get(name) ?? "").trim() || null;
  const time = (name: "notBefore" | "notAfter") => {
    const written = text(name);
    if (written === null) return null;
    return written === localInput(before[name]) ? before[name] : new Date(written).getTime();
  };
  return {
    effect: data.get("effect") === "deny" ? "deny" : "allow",
    notBefore: time("notBefore"),
    notAfter: time("notAfter"),
    weekly: text("weekly"),
    when: text("when") ?? "",
    log: data.has("log"),
    owner: text("owner"),
  };
}

interface MeshRuleTerms {
  readonly terms: RuleTerms;
  /** Of the last save. */
  readonly error: unknown;
  /** Whether nothing may be changed. */
  readonly isFixed: boolean;
}

const TIMES = [
  { name: "notBefore", label: "Begins", hint: "By this browser's clock. Empty: at once." },
  { name: "notAfter", label: "Ends", hint: "Nodes end it by themselves, without the hub. Empty: never." },
] as const;
const TEXTS = [
  {
    name: "weekly",
    label: "Hours",
    hint: "Such as mon-fri 09:00-17:00, sat 10:00-12:00 Europe/Berlin. Empty: at any time.",
    most: 300,
  },
  {
    name: "when",
    label: "While the source meets",
    hint: 'A criterion, such as device.stated has "compliant" and user.risk < 50. Empty: always.',
    most: 2_000,
  },
  { name: "owner", label: "Owner", hint: "Who answers for it: a person or a team.", most: 254 },
] as const;

export function MeshRuleTerms({ terms, error, isFixed }: MeshRuleTerms) {
  return (
    <>
      <Field
        label="Effect"
        hint="What one rule denies no other allows. A rule that denies opens nothing by itself."
        error={issueOf(error, "/effect")}
      >
        {(c) => (
          <select {...c} name="effect" defaultValue={terms.effect} disabled={isFixed}>
            <option value="allow">Allow the traffic</option>
            <option value="deny">Deny the traffic</option>
          </select>
        )}
      </Field>
      {TIMES.map(({ name, label, hint }) => (
        <Field key={name} label={label} hint={hint} error={issueOf(error, `/${name}`)}>
          {(c) => (
            <input
              {...c}
              name={name}
              type="datetime-local"
              defaultValue={localInput(terms[name])}
              readOnly={isFixed}
            />
          )}
        </Field>
      ))}
      {TEXTS.map(({ name, label, hint, most }) => (
        <Field key={name} label={label} hint={hint} error={issueOf(error, `/${name}`)}>
          {(c) => (
            <input
              {...c}
              name={name}
              maxLength={most}
              defaultValue={terms[name] ?? ""}
              readOnly={isFixed}
              autoComplete="off"
            />
          )}
        </Field>
      ))}
      <Check label="Nodes log the connections that it decides" name="log" defaultChecked={terms.log} />
    </>
  );
}
