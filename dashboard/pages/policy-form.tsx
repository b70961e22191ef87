import { useState } from "react";
import { lackOf, NO_CONDITIONS, type PolicyForm } from "../../shared/access/policy/form/model.ts";
import { POLICY_TEMPLATES } from "../../shared/access/policy/form/templates.ts";
import { textOf } from "../../shared/access/policy/form/text.ts";
import { Field } from "../components/field.tsx";
import { StatementFields } from "./policy-statement.tsx";

interface PolicyFormCard {
  readonly source: string;
  /** What the text says as forms; null where it is checked, not valid, or says more. */
  readonly forms: readonly PolicyForm[] | null;
  readonly onlyText: string | null;
  readonly onChange: (source: string) => void;
}

const EMPTY: PolicyForm = {
  ...{ effect: "permit", who: { kind: "signedIn" }, app: null, actions: [], paths: [] },
  conditions: NO_CONDITIONS,
};

/** The statements of a policy as fields. What is changed here is written into the text, which is what is published. */
export function PolicyFormCard({ source, forms: read, onlyText, onChange }: PolicyFormCard) {
  // What was filled in last, for as long as the text is the one that it wrote.
  const [drawn, setDrawn] = useState<{ forms: readonly PolicyForm[]; source: string } | null>(null);
  const forms = drawn?.source === source ? drawn.forms : read;
  const change = (next: readonly PolicyForm[]) => {
    const isWhole = next.length > 0 && next.every((form) => lackOf(form) === null);
    const written = isWhole ? textOf(next) : source;
    setDrawn({ forms: next, source: written });
    if (isWhole) onChange(written);
  };
  return (
    <section className="statements" aria-label="Form">
      <TemplateSelect onChoose={change} />
      {onlyText && drawn?.source !== source && (
        <p className="notice">{onlyText} Edit it as Cedar below. A template above replaces the text.</p>
      )}
      {forms?.map((form, at) => (
        <StatementFields
          // biome-ignore lint/suspicious/noArrayIndexKey: a statement is known by its place.
          key={at}
          number={at + 1}
          form={form}
          onChange={(next) => change(forms.with(at, next))}
          onRemove={forms.length > 1 ? () => change(forms.toSpliced(at, 1)) : null}
        />
      ))}
      {forms && (
        <>
          <button type="button" className="button plain" onClick={() => change([...forms, EMPTY])}>
            Add a statement
          </button>
          <p className="muted">
            The form writes the text below. Comments and layout of your own in it are lost when you change a
            field.
          </p>
        </>
      )}
    </section>
  );
}

function TemplateSelect({ onChoose }: { readonly onChoose: (forms: readonly PolicyForm[]) => void }) {
  const [id, setId] = useState("");
  const chosen = POLICY_TEMPLATES.find((template) => template.id === id);
  return (
    <div className="form filters">
      <Field label="Start from a template" hint={chosen?.about} broad>
        {(c) => (
          <select {...c} value={id} onChange={(event) => setId(event.target.value)}>
            <option value="">None</option>
            {POLICY_TEMPLATES.map((template) => (
              <option key={template.id} value={template.id}>
                {template.title}
              </option>
            ))}
          </select>
        )}
      </Field>
      <button
        type="button"
        className="button plain"
        disabled={!chosen}
        onClick={() => chosen && onChoose(chosen.forms({ app: "wiki", group: "staff" }))}
      >
        Replace the text with it
      </button>
    </div>
  );
}
