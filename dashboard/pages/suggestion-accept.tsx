import type { FormEvent } from "react";
import { ApiError } from "../../shared/api/client.ts";
import { etagOf, useWrite } from "../api.ts";
import { Check, Field } from "../components/field.tsx";
import { NoteField, noteOf } from "../components/note-field.tsx";
import { Failure, issueOf } from "../components/states.tsx";
import { useMeshReview } from "./mesh-review.tsx";
import type { Suggestion } from "./suggestion-page.tsx";

/** Accepts a suggestion as it is, or with changes. */
export function AcceptSuggestion({ suggestion }: { readonly suggestion: Suggestion }) {
  const accept = useWrite("suggestions.accept");
  const review = useMeshReview("Accept", accept.isPending);
  const [own] = suggestion.microsegments;
  const traffic = Map.groupBy(
    suggestion.rules.flatMap((rule) => rule.traffic),
    ({ service }) => service,
  );
  const refused = accept.error ?? review.error;
  const wouldBreak = refused instanceof ApiError && refused.problem.code === "would_break_flows";
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? "").trim();
    const replace = text("replace")
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "");
    const note = noteOf(event.currentTarget);
    const body = {
      ...(own?.exists === false && text("name") !== own.name ? { name: text("name") } : {}),
      ...(own?.exists === false && text("where") !== own.where ? { where: text("where") } : {}),
      traffic: form.getAll("traffic").map(String),
      ...(replace.length > 0 ? { replace } : {}),
      ...(form.has("despiteBreaks") ? { despiteBreaks: true } : {}),
    };
    accept.reset();
    review.ask({ suggestion: { suggestion: suggestion.id, ...body } }, () =>
      accept.mutate(
        { params: { suggestion: suggestion.id }, ifMatch: etagOf(suggestion), note, body },
        { onError: review.close },
      ),
    );
  };
  return (
    <>
      {review.card}
      <form className="form" onSubmit={submit} hidden={review.card !== null}>
        <Failure error={refused} />
        {own?.exists === false && (
          <>
            <Field label="Name" error={issueOf(refused, "/name")}>
              {(c) => <input {...c} name="name" required maxLength={63} defaultValue={own.name} />}
            </Field>
            <Field
              label="Criterion"
              hint="Which nodes are members, beside those that are listed."
              error={issueOf(refused, "/where")}
            >
              {(c) => <textarea {...c} name="where" rows={2} maxLength={2000} defaultValue={own.where} />}
            </Field>
          </>
        )}
        <fieldset>
          <legend>Traffic</legend>
          {[...traffic].map(([service, from]) => (
            <label key={service} className="check">
              <input
                type="checkbox"
                name="traffic"
                value={service}
                defaultChecked={from.every(({ sure }) => sure)}
              />{" "}
              <code>{service}</code>
            </label>
          ))}
        </fieldset>
        <Field
          label="Rules that it replaces"
          hint="Names of rules that are switched off in the same change, one a line. Without any, nothing is taken away."
        >
          {(c) => <textarea {...c} name="replace" rows={2} />}
        </Field>
        {wouldBreak && (
          <Check
            label="Switch them off although this traffic is refused then"
            name="despiteBreaks"
            defaultChecked={false}
          />
        )}
        <NoteField />
        <div className="actions">
          <button type="submit" className="button" disabled={review.isAsking || !suggestion.sure}>
            Look at what changes
          </button>
        </div>
        {!suggestion.sure && <p className="muted">It is not sure enough to be put in force.</p>}
      </form>
    </>
  );
}
