import { type FormEvent, type ReactNode, useState } from "react";
import { Check, Field } from "../components/field.tsx";
import { FormEnd } from "../components/form-end.tsx";
import { noteOf } from "../components/note-field.tsx";
import { issueOf } from "../components/states.tsx";
import { TextField } from "../components/text-field.tsx";
import { linesOf, problemOf, type RuleField } from "../lib/rule-text.ts";
import { useUnsavedGuard } from "../lib/unsaved.ts";
import { MeshRuleTerms, type RuleTerms, termsIn } from "./mesh-rule-terms.tsx";

interface RuleText extends RuleTerms {
  readonly name: string;
  readonly from: string[];
  readonly to: string[];
  readonly traffic: string[];
  readonly enabled: boolean;
}

interface MeshRuleFields {
  readonly rule: RuleText;
  /** Of the last save. */
  readonly error: unknown;
  readonly busy: boolean;
  /** Of the button; null where nothing may be changed. */
  readonly submit: string | null;
  readonly onSubmit: (rule: RuleText, note: string) => void;
  /** Further actions. */
  readonly children?: ReactNode;
}

const SELECTORS = "any, segment:NAME, tag:NAME, user:EMAIL, node:NAME, subnet:10.0.0.0/24";
const FIELDS: readonly { readonly field: RuleField; readonly label: string; readonly hint: string }[] = [
  { field: "from", label: "From", hint: `One a line: ${SELECTORS}.` },
  { field: "to", label: "To", hint: `One a line: ${SELECTORS}, internet.` },
  {
    field: "traffic",
    label: "Traffic",
    hint: "One a line: any, icmp, icmp/echo-request, tcp, tcp/443, udp/8000-8100, tcp/80,443; tcp4 and tcp6 of one family; other protocols; service:NAME.",
  },
];

/** A rule as text. Each field says what is wrong with it while it is written, once it was left or a save was tried. */
export function MeshRuleFields({ rule, error, busy, submit, onSubmit, children }: MeshRuleFields) {
  const [texts, setTexts] = useState<Readonly<Record<RuleField, string>>>({
    from: rule.from.join("\n"),
    to: rule.to.join("\n"),
    traffic: rule.traffic.join("\n"),
  });
  useUnsavedGuard(FIELDS.some(({ field }) => texts[field] !== rule[field].join("\n")));
  const [judged, setJudged] = useState<ReadonlySet<RuleField>>(new Set());
  const judge = (...fields: readonly RuleField[]) => setJudged(new Set([...judged, ...fields]));
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    judge("from", "to", "traffic");
    const wrong = FIELDS.find(({ field }) => problemOf(field, texts[field]) !== undefined);
    if (wrong) {
      form.querySelector<HTMLElement>(`[name="${wrong.field}"]`)?.focus();
      return;
    }
    const data = new FormData(form);
    onSubmit(
      {
        name: String(data.get("name")).trim(),
        from: linesOf(texts.from),
        to: linesOf(texts.to),
        traffic: linesOf(texts.traffic),
        ...termsIn(data, rule),
        enabled: data.has("enabled"),
      },
      noteOf(form),
    );
  };
  return (
    <form className="card form" onSubmit={send}>
      <TextField
        name="name"
        label="Name"
        value={rule.name}
        most={100}
        required
        error={error}
        readOnly={submit === null}
      />
      {FIELDS.map(({ field, label, hint }) => (
        <Field
          key={field}
          label={label}
          hint={hint}
          error={
            (judged.has(field) ? problemOf(field, texts[field]) : undefined) ?? issueOf(error, `/${field}`)
          }
        >
          {(c) => (
            <textarea
              {...c}
              name={field}
              className="code"
              rows={3}
              spellCheck={false}
              autoCapitalize="off"
              readOnly={submit === null}
              value={texts[field]}
              onChange={(event) => setTexts({ ...texts, [field]: event.target.value })}
              onBlur={(event) => {
                // An error that came between pressing and releasing the button would move it away from the pointer.
                if (texts[field] !== "" && !(event.relatedTarget instanceof HTMLButtonElement)) judge(field);
              }}
            />
          )}
        </Field>
      ))}
      <MeshRuleTerms terms={rule} error={error} isFixed={submit === null} />
      <Check label="The rule is in force" name="enabled" defaultChecked={rule.enabled} />
      <FormEnd submit={submit} busy={busy}>
        {children}
      </FormEnd>
    </form>
  );
}
