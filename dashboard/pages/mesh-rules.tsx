import type { ReactNode } from "react";
import { findingInWords } from "../../shared/api/difference-words.ts";
import type { Answer } from "../../shared/api/endpoints.ts";
import { type RowOf, useApi, useMayWrite, usePages } from "../api.ts";
import { OnOff } from "../components/badges.tsx";
import { type Column, DataTable, ShowMore } from "../components/data-table.tsx";
import { Moment } from "../components/moment.tsx";
import { PageHead } from "../components/page-head.tsx";
import { useListSearch } from "../components/search-field.tsx";
import { Empty, Loaded } from "../components/states.tsx";
import { routeTo } from "../lib/router.ts";
import type { PageProps } from "../pages.ts";
import { EditMeshRule, NewMeshRule } from "./mesh-rule-form.tsx";

type Rule = RowOf<"meshRules.list">;

const HITS_EVERY = 30_000;

export default function MeshRules({ path: [id] }: PageProps) {
  if (id === undefined) return <RuleList />;
  return id === "new" ? <NewMeshRule /> : <EditMeshRule id={id} />;
}

const columns = (lastHitOf: (rule: string) => ReactNode): readonly Column<Rule>[] => [
  {
    header: "Rule",
    cell: (rule) => <a href={routeTo("mesh-rules", rule.id)}>{rule.name}</a>,
    className: "long",
  },
  { header: "Effect", cell: (rule) => (rule.effect === "deny" ? "Deny" : "Allow") },
  { header: "From", cell: (rule) => <Entries of={rule.from} />, className: "wide" },
  { header: "To", cell: (rule) => <Entries of={rule.to} />, className: "wide" },
  { header: "Traffic", cell: (rule) => <Entries of={rule.traffic} />, className: "wide" },
  { header: "Ends", cell: (rule) => <Moment at={rule.notAfter} /> },
  { header: "Last hit", cell: (rule) => lastHitOf(rule.id), className: "wide" },
  { header: "State", cell: (rule) => <OnOff on={rule.enabled} /> },
];

function Entries({ of }: { readonly of: readonly string[] }) {
  return (
    <ul className="entries">
      {of.map((entry) => (
        <li key={entry}>
          <code>{entry}</code>
        </li>
      ))}
    </ul>
  );
}

/** When a node last said that the rule decided a packet. Nothing while no node counts. */
function useLastHits(): (rule: string) => ReactNode {
  const { data } = useApi("mesh.hits", {}, { every: HITS_EVERY });
  if (!data || data.counting === 0) return () => "not counted";
  const hits = new Map(data.items.map(({ rule, lastHitAt }) => [rule, lastHitAt]));
  return (rule) => {
    const at = hits.get(rule) ?? null;
    return at === null ? "never" : <Moment at={at} />;
  };
}

function RuleList() {
  const lastHitOf = useLastHits();
  const search = useListSearch("Name or traffic");
  const rules = usePages("meshRules.list", { query: search.query });
  const mayWrite = useMayWrite();
  return (
    <>
      <PageHead title="Node rules">
        {mayWrite && (
          <a className="button" href={routeTo("mesh-rules", "new")}>
            Write a rule
          </a>
        )}
      </PageHead>
      <p className="muted">Nodes may talk to each other only where a rule allows it and no rule denies it.</p>
      {search.field}
      <Loaded query={rules}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty>
              {search.isAsked ? "Nothing fits." : "There is no rule, so no node may talk to another."}
            </Empty>
          ) : (
            <DataTable
              caption="Rules between nodes"
              columns={columns(lastHitOf)}
              rows={rows}
              keyOf={(rule) => rule.id}
            />
          )
        }
      </Loaded>
      <ShowMore pages={rules} />
      <IdleRules />
    </>
  );
}

const FOUND: readonly Column<Answer<"mesh.check">["findings"][number]>[] = [
  {
    header: "Rule",
    cell: ({ rule, name }) => <a href={routeTo("mesh-rules", rule)}>{name}</a>,
    className: "long",
  },
  { header: "Why", cell: findingInWords, className: "long" },
];

/** Rules that could be deleted without any difference. */
function IdleRules() {
  const check = useApi("mesh.check", {});
  if (!check.data || check.data.findings.length === 0) return null;
  return (
    <section className="card" aria-labelledby="idle-rules">
      <h2 id="idle-rules">Rules without effect</h2>
      <p className="muted">
        As the network is now, these can be deleted together without any difference. A node that joins may
        need one.
      </p>
      <DataTable
        caption="Which rules, and why"
        columns={FOUND}
        rows={check.data.findings}
        keyOf={({ rule }) => rule}
      />
    </section>
  );
}
