import type { RowOf } from "../api.ts";
import { useEdited } from "../api.ts";
import { Facts } from "../components/facts.tsx";
import { Moment } from "../components/moment.tsx";
import { NodeStatus, Online } from "../components/node-badges.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Loaded } from "../components/states.tsx";
import { formatBytes, formatLength } from "../lib/format.ts";
import { routeTo } from "../lib/router.ts";
import { HistoryCard } from "./history-card.tsx";
import { NodeActions } from "./node-actions.tsx";
import { EditNode } from "./node-edit.tsx";
import { NodePaths } from "./node-paths.tsx";
import { NodePeers } from "./node-peers.tsx";
import { NodeRoutes } from "./node-routes.tsx";
import { RevocationProgress } from "./revocation-progress.tsx";

export type Node = RowOf<"nodes.list">;

const EVERY = 3_000;

export function NodePage({ id }: { readonly id: string }) {
  const node = useEdited("nodes.get", { params: { node: id } }, { every: EVERY });
  return (
    <>
      <PageHead title={node.data?.name ?? "Node"}>
        <a className="button plain" href={routeTo("nodes")}>
          All nodes
        </a>
      </PageHead>
      <Loaded query={node}>{(data) => <LoadedNode node={data} />}</Loaded>
    </>
  );
}

function LoadedNode({ node }: { readonly node: Node }) {
  const { live } = node;
  return (
    <>
      {node.status === "revoked" && <RevocationProgress node={node.id} />}
      {live?.applyError && (
        <div className="notice bad" role="alert">
          <strong>The node could not apply its newest config and runs on the one before</strong>
          <div>{live.applyError}</div>
        </div>
      )}
      {live?.ruleset?.verdict === "differs" && (
        <div className="notice bad" role="alert">
          <strong>The packet filter on the node is not the one that was compiled for it</strong>
          <div>
            So it says since <Moment at={live.ruleset.since} />. Its agent was told to load it anew. Where
            that does not help, look at the node itself: <code>rustronaut-agent status</code> and{" "}
            <code>nft list ruleset</code>.
          </div>
        </div>
      )}
      {live && live.conditions.length > 0 && (
        <div className="notice warn" role="status">
          <strong>Not everything works on the node</strong>
          {live.conditions.map(({ code, detail }) => (
            <div key={code}>{detail}</div>
          ))}
        </div>
      )}
      <section className="card">
        <h2>
          <NodeStatus status={node.status} /> <Online live={live} status={node.status} />
        </h2>
        {node.statusDetail && <p>{node.statusDetail}</p>}
        <Facts value={stateOf(node)} />
        <NodeActions node={node} />
      </section>
      <div className="columns">
        <section className="card">
          <h2>Addresses and keys</h2>
          <Facts value={identityOf(node)} />
        </section>
        <section className="card">
          <h2>Posture</h2>
          {live?.facts ? (
            <Facts value={postureOf(live.facts, live.factsAt)} />
          ) : (
            <p className="muted">Nothing was reported yet.</p>
          )}
          {live && live.checks.length > 0 && (
            <>
              <h3>What its segment looks for</h3>
              <Facts value={checksOf(live)} />
            </>
          )}
          <h3>Stated by others</h3>
          {node.stated.length > 0 ? (
            <Facts value={statedOf(node.stated)} />
          ) : (
            <p className="muted">Nobody states anything about it.</p>
          )}
        </section>
      </div>
      <NodePeers node={node} />
      <NodePaths node={node} />
      <NodeRoutes node={node} />
      <EditNode node={node} />
      <HistoryCard kind="node" name={node.id} />
    </>
  );
}

function stateOf({ live, segment, tags, user, expiresAt, ephemeral }: Node) {
  return {
    segment,
    tags,
    owner: user,
    "last seen": live ? <Moment at={live.lastSeenAt} /> : "the segment did not answer",
    "config in force": live?.appliedSerial
      ? `${live.appliedSerial.epoch}.${live.appliedSerial.rootVersion}.${live.appliedSerial.counter}${live.current ? " (current)" : " (behind)"}`
      : "none yet",
    "packet filter": live ? <Ruleset live={live} /> : "not known",
    "changed by others": driftWords(live),
    "through the edge relay": edgeWords(live),
    "left out of its report": live && live.leftOut.length > 0 ? live.leftOut : "nothing",
    "clock off by": live?.clockSkewMs === null || !live ? "not known" : `${live.clockSkewMs} ms`,
    expires: <Moment at={expiresAt} />,
    lifetime: ephemeral ? "ephemeral: removed after half an hour away" : "kept",
  };
}

const RULESET_WORDS = {
  as_compiled: "as compiled",
  shut: "shut: no peers",
  differs: "another one than was compiled",
  not_comparable: "can't be compared: the agent is of another release than the hub",
} as const;

function Ruleset({ live: { ruleset } }: { readonly live: NonNullable<Node["live"]> }) {
  if (!ruleset) return <>nothing was reported yet</>;
  return (
    <>
      {RULESET_WORDS[ruleset.verdict]}, by its own word <Moment at={ruleset.checkedAt} />
    </>
  );
}

function driftWords(live: Node["live"]) {
  if (!live || live.drifts.count === 0) return "never";
  const { count, lastAt } = live.drifts;
  return (
    <>
      {count === 1 ? "once" : `${count} times`}, last <Moment at={lastAt} />, and mended
    </>
  );
}

function edgeWords(live: Node["live"]) {
  if (!live || live.edge.lastAt === null) return "nothing";
  const { peers, bytes, lastAt } = live.edge;
  return (
    <>
      {peers === 1 ? "1 peer" : `${peers} peers`} now; {formatBytes(bytes)} sent since it enrolled, last{" "}
      <Moment at={lastAt} />
    </>
  );
}

const identityOf = (node: Node) => ({
  id: node.id,
  "host name": node.hostname,
  IPv4: node.ipv4,
  IPv6: node.ipv6,
  endpoints: node.endpoints,
  "exit node": node.exitNode,
  relay: node.relay,
  "identity (SHA-256)": node.identity,
  "WireGuard key": node.wireguardKey,
  "enrolment key": node.enrolmentKeyId,
  joined: <Moment at={node.createdAt} />,
});

type Posture = NonNullable<NonNullable<Node["live"]>["facts"]>;
const yesNo = (fact: boolean | null) => (fact === null ? "not known" : fact ? "yes" : "no");
const postureOf = (facts: Posture, measuredAt: number | null) => ({
  measured: <Moment at={measuredAt} />,
  system: facts.os,
  kernel: facts.kernel,
  "disk encrypted": yesNo(facts.diskEncrypted),
  firewall: yesNo(facts.firewall),
  "screen lock": yesNo(facts.screenLock ?? null),
  "up for": formatLength(facts.uptimeSeconds * 1_000),
  "agent version": facts.agentVersion,
  "agent bundle (SHA-256)": facts.agentHash,
});
/** One line for each check: what was found, when, and what is looked for. */
const checksOf = ({ checks, factsAt }: NonNullable<Node["live"]>) =>
  Object.fromEntries(
    checks.map(({ check, result }) => {
      const [name = "", looksFor = ""] = check.split(" = ");
      return [
        name,
        <>
          {result === null ? (
            "not answered"
          ) : (
            <>
              {result}, <Moment at={factsAt} />
            </>
          )}
          <div className="muted">{looksFor}</div>
        </>,
      ];
    }),
  );
/** One line for each fact, with until when it holds. */
const statedOf = (stated: Node["stated"]) =>
  Object.fromEntries(
    stated.map(({ source, fact, expiresAt }) => [
      `${source}:${fact}`,
      <>
        {expiresAt > Date.now() ? "until" : "no longer since"} <Moment at={expiresAt} />
      </>,
    ]),
  );
