import { useApi } from "../api.ts";
import { type Column, DataTable } from "../components/data-table.tsx";
import { Moment } from "../components/moment.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Loaded } from "../components/states.tsx";
import { type RootSummary, summariseRoot } from "../lib/trust.ts";
import { TrustCard } from "./trust-card.tsx";

const COLUMNS: readonly Column<RootSummary>[] = [
  { header: "Root", cell: (root) => root.version },
  { header: "Made", cell: (root) => <Moment at={root.issuedAt} /> },
  { header: "Ends", cell: (root) => <Moment at={root.expiresAt} /> },
  {
    header: "Signatures of the next one",
    cell: (root) => `${root.threshold} of ${root.rootKeys}`,
    className: "wide",
  },
];

/** The chain of root documents: what nodes believe, and who may change it. */
export default function Trust() {
  const trust = useApi("trust.get", {});
  return (
    <>
      <PageHead title="Roots of trust" />
      <p className="muted">
        Nodes believe only what keys sign that the newest root names, and a root only when keys of the one
        before signed it. Those keys are offline: they never come here. A new root is made with{" "}
        <code>rustronaut trust</code>.
      </p>
      <TrustCard />
      <Loaded query={trust}>
        {({ roots }) => {
          const chain = roots.map(summariseRoot).filter((root) => root !== null);
          if (chain.length === 0) return null;
          return (
            <DataTable
              caption="Root documents"
              columns={COLUMNS}
              rows={chain.toReversed()}
              keyOf={(root) => root.version}
            />
          );
        }}
      </Loaded>
    </>
  );
}
