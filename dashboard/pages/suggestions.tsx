import type { FormEvent } from "react";
import type { Answer } from "../../shared/api/endpoints.ts";
import {
  basisInWords,
  leftOutInWords,
  narrowingInWords,
  percent,
} from "../../shared/api/suggestion-words.ts";
import { type RowOf, useMayWrite, usePages, useWrite } from "../api.ts";
import { type Column, DataTable, ShowMore } from "../components/data-table.tsx";
import { Field } from "../components/field.tsx";
import { Moment } from "../components/moment.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Empty, Failure, Loaded } from "../components/states.tsx";
import { routeTo } from "../lib/router.ts";
import type { PageProps } from "../pages.ts";
import { SuggestionPage } from "./suggestion-page.tsx";

type Suggestion = RowOf<"suggestions.list">;
type Made = Answer<"suggestions.make">;

export default function Suggestions({ path: [id] }: PageProps) {
  return id === undefined ? <SuggestionList /> : <SuggestionPage id={id} />;
}

const COLUMNS: readonly Column<Suggestion>[] = [
  {
    header: "Suggestion",
    cell: (row) => <a href={routeTo("suggestions", row.id)}>{row.name}</a>,
    sort: (row) => row.name,
    className: "long",
  },
  { header: "State", cell: (row) => <StateBadge state={row.state} />, sort: (row) => row.state },
  {
    header: "Sure",
    cell: (row) => <span className={row.sure ? "badge good" : "badge warn"}>{percent(row.confidence)}</span>,
    sort: (row) => row.confidence,
  },
  {
    header: "Nodes",
    cell: ({ narrowing, members }) => (narrowing ? "" : members.length),
    sort: (row) => row.members.length,
  },
  {
    header: "Rules",
    cell: ({ rules, narrowing }) =>
      narrowing ? narrowingInWords(narrowing) : rules.map(({ from }) => `from ${from}`).join(", "),
    className: "wide",
  },
  {
    header: "Would break",
    cell: (row) => (row.breaks.flows === 0 ? "nothing" : `${row.breaks.flows} recorded flow(s)`),
    sort: (row) => row.breaks.flows,
    className: "wide",
  },
  {
    header: "Made",
    cell: (row) => <Moment at={row.createdAt} />,
    sort: (row) => row.createdAt,
    className: "wide",
  },
];

const TONES = { open: "", accepted: "good", rejected: "warn", undone: "warn" } as const;

export function StateBadge({ state }: { readonly state: Suggestion["state"] }) {
  return <span className={`badge ${TONES[state]}`.trim()}>{state}</span>;
}

function SuggestionList() {
  const suggestions = usePages("suggestions.list", {});
  const mayWrite = useMayWrite();
  return (
    <>
      <PageHead title="Suggestions" />
      <p className="muted">
        Nodes that do the same, and the rules that they need, by the <a href={routeTo("flows")}>flows</a> that
        both ends report. Nothing is put in force before you accept it.
      </p>
      {mayWrite && <MakeSuggestions />}
      <Loaded query={suggestions}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty>There is no suggestion yet.</Empty>
          ) : (
            <DataTable
              caption="Suggestions"
              columns={COLUMNS}
              rows={rows}
              keyOf={(row) => row.id}
              pages={suggestions}
            />
          )
        }
      </Loaded>
      <ShowMore pages={suggestions} />
    </>
  );
}

function MakeSuggestions() {
  const make = useWrite("suggestions.make");
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const segment = String(form.get("segment") ?? "").trim();
    make.mutate({ body: { days: Number(form.get("days")), ...(segment === "" ? {} : { segment }) } });
  };
  return (
    <>
      <form className="form filters" onSubmit={submit}>
        <Field label="Home segment">
          {(c) => (
            <input {...c} name="segment" maxLength={254} placeholder="the whole network" autoComplete="off" />
          )}
        </Field>
        <Field label="Days that nodes must be known">
          {(c) => <input {...c} name="days" type="number" min={1} max={30} required defaultValue={7} />}
        </Field>
        <div className="actions">
          <button type="submit" className="button" disabled={make.isPending}>
            {make.isPending ? "Looking for roles" : "Suggest anew"}
          </button>
        </div>
      </form>
      <Failure error={make.error} />
      {make.data && <MadeNotice made={make.data} />}
    </>
  );
}

function MadeNotice({ made }: { readonly made: Made }) {
  const sentences = [
    ...leftOutInWords(made.leftOut),
    ...(made.turnedDown > 0
      ? [`${made.turnedDown} came out again that were turned down, and stay away.`]
      : []),
    ...(made.truncated ? ["A segment has more flows than were read."] : []),
    ...(made.missing.length > 0 ? [`Could not be asked: ${made.missing.join(", ")}.`] : []),
  ];
  return (
    <div className="notice" role="status">
      <strong>
        {made.open} suggestion(s) from {basisInWords(made.basis)}
      </strong>
      {sentences.length > 0 && (
        <ul>
          {sentences.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      )}
    </div>
  );
}
