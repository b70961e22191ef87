import type { Answer } from "../../shared/api/endpoints.ts";
import { useApi } from "../api.ts";
import { DataTable } from "../components/data-table.tsx";
import { Moment } from "../components/moment.tsx";
import { receiptInWords } from "../lib/receipt.ts";
import { routeTo } from "../lib/router.ts";

type Receipt = Answer<"nodes.revocation">;

const EVERY = 1_000;
const isOpen = (receipt: Receipt) => receipt.acknowledged < receipt.concerned;

/** Who dropped a revoked node, until all have. Its place is kept while it loads. */
export function RevocationProgress({ node }: { readonly node: string }) {
  const receipt = useApi(
    "nodes.revocation",
    { params: { node } },
    { every: (data) => (data === undefined || isOpen(data) ? EVERY : false) },
  );
  if (!receipt.data) {
    return (
      <section className="card receipt">
        <h2>Revoked</h2>
        {receipt.error && <p>No receipt is kept of it any more.</p>}
      </section>
    );
  }
  const { concerned, acknowledged, pending } = receipt.data;
  return (
    <section className={isOpen(receipt.data) ? "card receipt" : "card receipt notice good"}>
      <h2>Revoked</h2>
      <p role="status">{receiptInWords(receipt.data)}</p>
      <progress
        aria-label="Peers that dropped the node"
        max={Math.max(concerned, 1)}
        value={concerned === 0 ? 1 : acknowledged}
      />
      {pending.length > 0 && (
        <DataTable
          caption="Peers that may still hold the node"
          rows={pending}
          keyOf={(peer) => peer.node}
          columns={[
            {
              header: "Node",
              cell: (peer) => <a href={routeTo("nodes", peer.node)}>{peer.name}</a>,
              className: "long",
            },
            { header: "Lease ends", cell: (peer) => <Moment at={peer.leaseEndsAt} /> },
          ]}
        />
      )}
    </section>
  );
}
