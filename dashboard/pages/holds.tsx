import type { Answer } from "../../shared/api/endpoints.ts";
import { useApi, useMayWrite, useWrite } from "../api.ts";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { DataTable } from "../components/data-table.tsx";
import { Moment } from "../components/moment.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Empty, Failure, Loaded } from "../components/states.tsx";
import { routeTo } from "../lib/router.ts";

type Hold = Answer<"mesh.holds">["items"][number];

const EVERY = 20_000;
export const useHolds = () => useApi("mesh.holds", {}, { every: EVERY });

/** Stands at the foot of every page while changes wait, where it moves nothing when it comes or goes. */
export function HoldsBar() {
  const holds = useHolds();
  const count = holds.data?.items.length ?? 0;
  return (
    <div className="holds-bar" role="status">
      {count > 0 && (
        <p className="notice warn">
          <strong>{count === 1 ? "A change waits" : `${count} changes wait`} for confirmation</strong> and did
          not reach the nodes. <a href={routeTo("nodes", "holds")}>Review</a>
        </p>
      )}
    </div>
  );
}

export function Holds() {
  const holds = useHolds();
  return (
    <>
      <PageHead title="Changes that wait for confirmation">
        <a className="button plain" href={routeTo("nodes")}>
          All nodes
        </a>
      </PageHead>
      <p className="muted">
        A change that would cut any node off from more than 30 % of its peers at once, or that could not be
        computed, is held: the nodes keep what they have until someone confirms it here or takes the change
        back.
      </p>
      <Loaded query={holds}>
        {({ items, missing }) => (
          <>
            {missing.length > 0 && (
              <p className="notice warn" role="status">
                These segments did not answer, and may hold changes too: {missing.join(", ")}.
              </p>
            )}
            {items.length === 0 ? (
              <Empty>Nothing waits.</Empty>
            ) : (
              items.map((hold) => <OneHold key={hold.segmentId} hold={hold} />)
            )}
          </>
        )}
      </Loaded>
    </>
  );
}

function OneHold({ hold }: { readonly hold: Hold }) {
  const confirm = useWrite("mesh.confirmHold");
  const mayWrite = useMayWrite();
  const failure = hold.reason === "failure";
  return (
    <section className="card">
      <h2>
        Segment {hold.segment}{" "}
        <span className={failure ? "badge bad" : "badge warn"}>
          {failure ? "could not be computed" : "cuts off peers"}
        </span>
      </h2>
      <p>
        {hold.detail}{" "}
        <span className="muted">
          Held <Moment at={hold.heldAt} />, revision {hold.revision}.
        </span>
      </p>
      <Failure error={confirm.error} />
      {hold.nodes.length > 0 && (
        <DataTable
          caption={`Nodes of ${hold.segment} that would lose peers`}
          rows={hold.nodes}
          keyOf={(node) => node.node}
          columns={[
            {
              header: "Node",
              cell: (node) => <a href={routeTo("nodes", node.node)}>{node.name}</a>,
              className: "long",
            },
            { header: "Peers now", cell: (node) => node.before },
            { header: "Then", cell: (node) => node.after },
          ]}
        />
      )}
      {mayWrite && (
        <ConfirmButton
          label="Confirm the change"
          name={`Confirm the change of segment ${hold.segment}`}
          question={`Let the change of ${hold.segment} through?`}
          disabled={confirm.isPending}
          onConfirm={(note) =>
            confirm.mutate({ note, params: { segment: hold.segmentId }, body: { revision: hold.revision } })
          }
        >
          The nodes apply it at their next poll. Connections between nodes that may no longer talk end.
        </ConfirmButton>
      )}
    </section>
  );
}
