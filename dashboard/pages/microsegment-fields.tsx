import { type FormEvent, type ReactNode, useState } from "react";
import type { Body } from "../../shared/api/endpoints.ts";
import { describeTextError } from "../../shared/base/text-error.ts";
import { FACT_NAMES, MICROSEGMENT_TYPES } from "../../shared/segments/criteria/facts.ts";
import { parseCriterion } from "../../shared/segments/criteria/parse.ts";
import { ISOLATION_LEVELS } from "../../shared/segments/microsegment.ts";
import { Check, Field } from "../components/field.tsx";
import { FormEnd } from "../components/form-end.tsx";
import { LinesField } from "../components/lines-field.tsx";
import { noteOf } from "../components/note-field.tsx";
import { issueOf } from "../components/states.tsx";
import { TextField } from "../components/text-field.tsx";
import { linesOf } from "../lib/rule-text.ts";

type Text = Required<{
  [Key in keyof Body<"microsegments.create">]: Exclude<Body<"microsegments.create">[Key], undefined>;
}>;

interface MicrosegmentFields {
  readonly microsegment: Text;
  /** Of the last save. */
  readonly error: unknown;
  readonly busy: boolean;
  /** Of the button; null where nothing may be changed. */
  readonly submit: string | null;
  readonly onSubmit: (body: Text, note: string) => void;
  /** Further actions. */
  readonly children?: ReactNode;
}

const LISTED = "One a line: node:NAME, tag:NAME, user:EMAIL.";
const LISTS = [
  { list: "include", label: "Members beside those", hint: LISTED },
  { list: "exclude", label: "Never members", hint: LISTED },
] as const;
const LEVELS = {
  open: "open: members reach each other",
  standard: "standard: what rules say",
  strict: "strict: members don't reach each other, whatever rules say",
  quarantine: "quarantine: members reach the remediation hosts alone",
} as const;

/** A microsegment as text. A criterion says what is wrong with it while it is written. */
export function MicrosegmentFields(props: MicrosegmentFields) {
  const { microsegment, error, busy, submit, onSubmit, children } = props;
  const [isolation, setIsolation] = useState(microsegment.isolation);
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const data = new FormData(form);
    const text = (name: string) => String(data.get(name) ?? "").trim();
    onSubmit(
      {
        name: text("name"),
        description: text("description"),
        type: text("type") as Text["type"],
        isolation,
        where: text("where"),
        unless: text("unless"),
        include: linesOf(text("include")),
        exclude: linesOf(text("exclude")),
        remediation: isolation === "quarantine" ? linesOf(text("remediation")) : [],
        atMost: linesOf(text("atMost")),
        acceptsClaims: data.has("acceptsClaims"),
      },
      noteOf(form),
    );
  };
  const readOnly = submit === null;
  return (
    <form className="card form" onSubmit={send}>
      <TextField
        name="name"
        label="Name"
        hint="Rules call it segment:NAME. Lower-case letters, digits, dots, hyphens, underscores."
        value={microsegment.name}
        most={63}
        required
        error={error}
        readOnly={readOnly}
      />
      <TextField
        name="description"
        label="Description"
        value={microsegment.description}
        most={500}
        error={error}
        readOnly={readOnly}
      />
      <Field label="Type" hint="What its criterion is about." error={issueOf(error, "/type")}>
        {(c) => (
          <select {...c} name="type" defaultValue={microsegment.type} disabled={readOnly}>
            {MICROSEGMENT_TYPES.map((type) => (
              <option key={type}>{type}</option>
            ))}
          </select>
        )}
      </Field>
      <Criterion
        name="where"
        label="Members are nodes with"
        hint={`Such as user.department == "Finance" and not (user.type == "contractor"). Facts: ${FACT_NAMES.join(", ")}, app.NAME, claims.checks.NAME.`}
        text={microsegment.where}
        error={error}
        readOnly={readOnly}
      />
      <Criterion
        name="unless"
        label="Unless"
        hint="Wins. Empty: nobody is left out."
        text={microsegment.unless}
        error={error}
        readOnly={readOnly}
      />
      {LISTS.map(({ list, label, hint }) => (
        <LinesField
          key={list}
          name={list}
          label={label}
          hint={hint}
          lines={microsegment[list]}
          error={error}
          readOnly={readOnly}
        />
      ))}
      <Field label="Isolation" error={issueOf(error, "/isolation")}>
        {(c) => (
          <select
            {...c}
            defaultValue={microsegment.isolation}
            disabled={readOnly}
            onChange={(event) => setIsolation(event.target.value as Text["isolation"])}
          >
            {ISOLATION_LEVELS.map((level) => (
              <option key={level} value={level}>
                {LEVELS[level]}
              </option>
            ))}
          </select>
        )}
      </Field>
      {isolation === "quarantine" && (
        <LinesField
          name="remediation"
          label="Remediation hosts"
          hint={`Whom members may reach. ${LISTED}`}
          lines={microsegment.remediation}
          error={error}
          readOnly={readOnly}
        />
      )}
      <LinesField
        name="atMost"
        label="At most"
        hint="The most that rules may let into it, one a line, such as tcp/443. Empty: anything."
        lines={microsegment.atMost}
        error={error}
        readOnly={readOnly}
      />
      <Check
        label="A node's own claims may let it in (facts that begin with claims.)"
        name="acceptsClaims"
        defaultChecked={microsegment.acceptsClaims}
      />
      <FormEnd submit={submit} busy={busy}>
        {children}
      </FormEnd>
    </form>
  );
}

interface Criterion {
  readonly text: string;
  readonly name: "where" | "unless";
  readonly label: string;
  readonly hint: string;
  readonly error: unknown;
  readonly readOnly: boolean;
}

function Criterion({ name, label, hint, text, error, readOnly }: Criterion) {
  const [now, setNow] = useState(text);
  const parsed = now.trim() === "" ? null : parseCriterion(now);
  const wrong = parsed && !parsed.ok && now !== text ? describeTextError(parsed.error) : undefined;
  return (
    <Field label={label} hint={hint} error={wrong ?? issueOf(error, `/${name}`)}>
      {(c) => (
        <textarea
          {...c}
          name={name}
          className="code"
          rows={2}
          spellCheck={false}
          autoCapitalize="off"
          readOnly={readOnly}
          defaultValue={text}
          onChange={(event) => setNow(event.target.value)}
        />
      )}
    </Field>
  );
}
