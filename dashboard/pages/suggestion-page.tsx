import type { Answer } from "../../shared/api/endpoints.ts";
import {
  basisInWords,
  breaksInWords,
  membershipInWords,
  narrowingInWords,
  percent,
} from "../../shared/api/suggestion-words.ts";
import { etagOf, useApi, useMayWrite, useWrite } from "../api.ts";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { type Column, DataTable } from "../components/data-table.tsx";
import { Moment } from "../components/moment.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Empty, Failure, Loaded } from "../components/states.tsx";
import { formatCount } from "../lib/format.ts";
import { routeTo } from "../lib/router.ts";
import { AcceptSuggestion } from "./suggestion-accept.tsx";
import { StateBadge } from "./suggestions.tsx";

export type Suggestion = Answer<"suggestions.get">;
type Microsegment = Suggestion["microsegments"][number];
type Broken = Suggestion["breaks"]["items"][number];
type Unused = Suggestion["unused"][number];

/** One suggestion with its evidence, and what may be done about it. */
export function SuggestionPage({ id }: { readonly id: string }) {
  const suggestion = useApi("suggestions.get", { params: { suggestion: id } });
  return (
    <>
      <PageHead title="Suggestion">
        <a className="button plain" href={routeTo("suggestions")}>
          All suggestions
        </a>
      </PageHead>
      <Loaded query={suggestion}>{(data) => <Shown suggestion={data} />}</Loaded>
    </>
  );
}

function Shown({ suggestion }: { readonly suggestion: Suggestion }) {
  const { exposure, narrowing } = suggestion;
  return (
    <>
      <section className="card">
        <h2>
          {suggestion.name} <StateBadge state={suggestion.state} />
        </h2>
        <p>
          {percent(suggestion.confidence)} sure. It rests on {basisInWords(suggestion.basis)}, and was made{" "}
          <Moment at={suggestion.createdAt} />.
        </p>
        {exposure && (
          <p>
            Each of its nodes is open to {round(exposure.before.mean)} nodes today, and to{" "}
            {round(exposure.after.mean)} by these rules alone.
          </p>
        )}
        {suggestion.splits !== null && (
          <p>It is a part of the microsegment {suggestion.splits}, which falls into several roles.</p>
        )}
        {narrowing && (
          <p>
            The rule {narrowing.rule} goes {narrowingInWords(narrowing)}. {formatCount(narrowing.used)} of the{" "}
            {formatCount(narrowing.pairs)} pairs of nodes that it is about used it in {narrowing.days} days.
          </p>
        )}
        <Actions suggestion={suggestion} />
      </section>
      {narrowing === null && <Evidence suggestion={suggestion} />}
    </>
  );
}

function Evidence({ suggestion }: { readonly suggestion: Suggestion }) {
  const { microsegments, breaks, unused } = suggestion;
  return (
    <>
      <section className="card">
        <h2>Who is meant</h2>
        <DataTable
          caption="Microsegments"
          columns={MICROSEGMENTS}
          rows={microsegments}
          keyOf={({ name }) => name}
        />
        <p className="muted">Seen as one role: {suggestion.members.join(", ")}</p>
      </section>
      <section className="card">
        <h2>What they need</h2>
        <DataTable caption="Rules" columns={RULES} rows={trafficOf(suggestion)} keyOf={(row) => row.key} />
      </section>
      <section className="card">
        <h2>What would break</h2>
        <p>If these rules were all that lets in: {breaksInWords(breaks)}</p>
        {breaks.items.length > 0 && (
          <DataTable
            caption="Flows that would be refused"
            columns={BROKEN}
            rows={breaks.items}
            keyOf={keyOf}
          />
        )}
      </section>
      <section className="card">
        <h2>What is permitted and was never used</h2>
        {unused.length === 0 ? (
          <Empty>Everything that rules permit there was used.</Empty>
        ) : (
          <DataTable caption="Unused permissions" columns={UNUSED} rows={unused} keyOf={({ rule }) => rule} />
        )}
      </section>
    </>
  );
}

const round = (mean: number): number => Math.round(mean * 10) / 10;

const MICROSEGMENTS: readonly Column<Microsegment>[] = [
  { header: "Microsegment", cell: ({ name }) => name, className: "long" },
  { header: "Nodes", cell: ({ members }) => members },
  { header: "Who", cell: (row) => <code>{membershipInWords(row)}</code>, className: "wide" },
];

const trafficOf = ({ rules }: Suggestion) =>
  rules.flatMap(({ from, to, traffic }) =>
    traffic.map((one) => ({ ...one, from, to, key: `${from} ${to} ${one.service}` })),
  );

const RULES: readonly Column<ReturnType<typeof trafficOf>[number]>[] = [
  { header: "From", cell: ({ from }) => from, className: "long" },
  { header: "To", cell: ({ to }) => to, className: "long" },
  { header: "Traffic", cell: ({ service }) => <code>{service}</code> },
  {
    header: "Sure",
    cell: ({ confidence, sure }) => (
      <span className={sure ? "badge good" : "badge warn"}>{percent(confidence)}</span>
    ),
  },
  { header: "Seen", cell: ({ seen, pairs }) => `${seen} of ${pairs} pairs`, className: "wide" },
  {
    header: "More than today",
    cell: ({ widens }) => (widens === 0 ? "no" : `${widens} pairs`),
    className: "wide",
  },
];

const BROKEN: readonly Column<Broken>[] = [
  { header: "From", cell: ({ source }) => source, className: "long" },
  { header: "To", cell: ({ destination }) => destination, className: "long" },
  { header: "Traffic", cell: ({ traffic }) => <code>{traffic}</code> },
  { header: "Connections", cell: ({ count }) => formatCount(count), className: "wide" },
  { header: "Last seen", cell: ({ lastSeenAt }) => <Moment at={lastSeenAt} />, className: "wide" },
  {
    header: "Reported by",
    cell: ({ reportedBy }) => (reportedBy.length > 1 ? "both ends" : `${reportedBy[0]} only`),
    className: "wide",
  },
];

const keyOf = ({ source, destination, traffic }: Broken): string => `${source} ${destination} ${traffic}`;

const UNUSED: readonly Column<Unused>[] = [
  { header: "Rule", cell: ({ rule }) => rule, className: "long" },
  { header: "Permits pairs", cell: ({ pairs }) => formatCount(pairs) },
  { header: "Used", cell: ({ used }) => formatCount(used) },
];

function Actions({ suggestion }: { readonly suggestion: Suggestion }) {
  const reject = useWrite("suggestions.reject");
  const undo = useWrite("suggestions.undo");
  const mayWrite = useMayWrite();
  const { id, name, state } = suggestion;
  const input = { params: { suggestion: id }, ifMatch: etagOf(suggestion) };
  if (!mayWrite) return null;
  return (
    <>
      <Failure error={reject.error ?? undo.error} />
      {state === "open" && <AcceptSuggestion suggestion={suggestion} />}
      <div className="actions below">
        {state === "open" && (
          <ConfirmButton
            label="Turn down"
            question={`Turn ${name} down?`}
            disabled={reject.isPending}
            onConfirm={(note) => reject.mutate({ ...input, note })}
          >
            It comes back only when much more speaks for it.
          </ConfirmButton>
        )}
        {state === "accepted" && (
          <ConfirmButton
            label="Take back"
            question={`Take ${name} back?`}
            disabled={undo.isPending}
            onConfirm={(note) => undo.mutate({ ...input, note })}
          >
            What it made is deleted, and rules that it switched off are on again.
          </ConfirmButton>
        )}
      </div>
    </>
  );
}
