import type { Answer } from "../../shared/api/endpoints.ts";
import { useApi } from "../api.ts";
import { Facts } from "../components/facts.tsx";
import { Moment } from "../components/moment.tsx";
import { Loaded } from "../components/states.tsx";
import { rootUrgency, summariseRoot } from "../lib/trust.ts";

/** What the nodes' trust rests on, and until when. */
export function TrustCard() {
  const trust = useApi("trust.get", {});
  return (
    <section className="card">
      <h2>Trust of the nodes</h2>
      <Loaded query={trust}>{(data) => <Trust trust={data} />}</Loaded>
    </section>
  );
}

const WORDS = { good: "in force", warn: "expires soon", bad: "expired" } as const;

function Trust({ trust }: { readonly trust: Answer<"trust.get"> }) {
  const newest = trust.roots.at(-1);
  if (newest === undefined) {
    return (
      <p className="muted">
        No root document is published yet, so no node can join. An owner makes one with{" "}
        <code>rustronaut trust init</code>.
      </p>
    );
  }
  const root = summariseRoot(newest);
  const urgency = root && rootUrgency(root.expiresAt, Date.now());
  return (
    <>
      <p>
        Root {trust.rootVersion} {urgency && <span className={`badge ${urgency}`}>{WORDS[urgency]}</span>}
        {urgency !== "good" && (
          <>
            {" "}
            Nodes refuse configs under an expired root: publish the next one with{" "}
            <code>rustronaut trust</code>.
          </>
        )}
      </p>
      <Facts
        value={{
          network: trust.network,
          epoch: trust.epoch,
          ends: root ? <Moment at={root.expiresAt} /> : "not readable",
          made: root ? <Moment at={root.issuedAt} /> : "not readable",
          "signatures needed": root ? `${root.threshold} of ${root.rootKeys}` : "not readable",
          "fingerprint (SHA-256)": trust.payloadHash,
        }}
      />
    </>
  );
}
