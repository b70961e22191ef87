import { type FormEvent, useState } from "react";
import type { Answer, Query } from "../../shared/api/endpoints.ts";
import { useApi } from "../api.ts";
import { type Column, DataTable } from "../components/data-table.tsx";
import { Field } from "../components/field.tsx";
import { Moment } from "../components/moment.tsx";
import { PageHead } from "../components/page-head.tsx";
import { issueOf, Loaded } from "../components/states.tsx";
import { routeTo } from "../lib/router.ts";
import { MeshMatrix } from "./mesh-matrix.tsx";

type Why = Answer<"mesh.why">;
type Rule = Why["rules"][number];

/** Who reaches whom between nodes, and why one reaches another or does not. */
export default function MeshReach() {
  return (
    <>
      <PageHead title="Who reaches whom" />
      <WhyCard />
      <MeshMatrix />
    </>
  );
}

function WhyCard() {
  const [question, setQuestion] = useState<Query<"mesh.why"> | null>(null);
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const text = (name: string) => String(data.get(name)).trim();
    const traffic = text("traffic");
    setQuestion({ from: text("from"), to: text("to"), ...(traffic === "" ? {} : { traffic }) });
  };
  return (
    <section className="card" aria-labelledby="why">
      <h2 id="why">Does one node reach another?</h2>
      <form className="form filters" onSubmit={send}>
        <End name="from" label="From" />
        <End name="to" label="To" />
        <Field label="Traffic" hint="Such as tcp/443 or icmp. Empty: any.">
          {(c) => <input {...c} name="traffic" className="code" maxLength={200} autoComplete="off" />}
        </Field>
        <button type="submit" className="button">
          Ask
        </button>
      </form>
      {question && <WhyAnswer question={question} />}
    </section>
  );
}

const End = ({ name, label }: { readonly name: string; readonly label: string }) => (
  <Field label={label} hint="A node, or an address behind one.">
    {(c) => <input {...c} name={name} required maxLength={254} autoComplete="off" spellCheck={false} />}
  </Field>
);

function WhyAnswer({ question }: { readonly question: Query<"mesh.why"> }) {
  const why = useApi("mesh.why", { query: question });
  const wrong = issueOf(why.error, "/traffic");
  if (wrong) return <p className="notice bad">{wrong}</p>;
  return <Loaded query={why}>{(data) => <WhyFound why={data} />}</Loaded>;
}

const VERDICTS = {
  allowed: ["badge good", "allowed"],
  denied: ["badge bad", "denied"],
  partly: ["badge warn", "partly allowed"],
} as const;

const RULES: readonly Column<Rule>[] = [
  {
    header: "Rule",
    cell: ({ id, name }) => <a href={routeTo("mesh-rules", id)}>{name}</a>,
    className: "long",
  },
  { header: "Effect", cell: ({ effect }) => effect },
  { header: "Decides", cell: ({ decides }) => (decides ? "yes" : "no") },
  { header: "By", cell: ({ from, to }) => `${from.join(", ")} → ${to.join(", ")}`, className: "wide" },
  { header: "Traffic", cell: ({ traffic }) => <code>{traffic.join(", ")}</code>, className: "wide" },
  {
    header: "Holds",
    cell: ({ holds, until }) => (
      <>
        {holds ? "now" : "not now"}
        {until !== null && (
          <>
            , until <Moment at={until} />
          </>
        )}
      </>
    ),
  },
];

function WhyFound({ why }: { readonly why: Why }) {
  const [className, word] = VERDICTS[why.verdict];
  return (
    <div role="status">
      <p>
        <span className={className}>{word}</span> {endInWords(why.from)} → {endInWords(why.to)}
        {why.verdict === "partly" && (
          <>
            : passes <code>{why.passing.join(", ")}</code>, does not <code>{why.stopped.join(", ")}</code>
          </>
        )}
      </p>
      {why.causes.length > 0 && (
        <ul>
          {why.causes.map(({ detail, remedy }) => (
            <li key={detail}>
              {detail} <span className="muted">{remedy}</span>
            </li>
          ))}
        </ul>
      )}
      {why.rules.length > 0 && (
        <DataTable caption="Rules that speak of it" columns={RULES} rows={why.rules} keyOf={({ id }) => id} />
      )}
      {why.memberships.map((one) => (
        <div key={`${one.node} ${one.microsegment}`}>
          <p>
            {one.name} and <code>segment:{one.microsegment}</code>: {one.detail}
          </p>
          <ul>
            {one.tests.map(({ test, value, source, holds }) => (
              <li key={test}>
                <code>{test}</code>: {holds === null ? "can't be said" : holds ? "holds" : "does not hold"} (
                {value}, stated by {source})
              </li>
            ))}
          </ul>
        </div>
      ))}
      <p className="muted">
        Enforced at {why.enforcedAt.map(({ name, lets }) => `${name} (lets ${lets} through)`).join(" and ")}.
        {why.changesAt !== null && (
          <>
            {" "}
            A rule between the two begins or ends <Moment at={why.changesAt} />.
          </>
        )}
      </p>
    </div>
  );
}

const endInWords = ({ name, address }: Why["from"]): string =>
  address === null ? name : `${address} behind ${name}`;
