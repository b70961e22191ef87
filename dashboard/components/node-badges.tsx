import type { Answer } from "../../shared/api/endpoints.ts";
import { milliseconds, percent } from "../../shared/api/path-words.ts";
import type { RowOf } from "../api.ts";

type Node = RowOf<"nodes.list">;

const STATUS_CLASS: Readonly<Record<Node["status"], string>> = {
  approved: "badge",
  pending: "badge warn",
  expired: "badge warn",
  quarantined: "badge bad",
  revoked: "badge bad",
};

export function NodeStatus({ status }: { readonly status: Node["status"] }) {
  return <span className={STATUS_CLASS[status]}>{status}</span>;
}

interface OnlineBadge {
  /** Null where the segment did not answer. */
  readonly live: { readonly online: boolean } | null;
  readonly status?: Node["status"];
}

/** Whether it is in touch. One that was put out is in nobody's network, whatever its socket still does. */
export function Online({ live, status }: OnlineBadge) {
  if (status === "revoked") return <span className="badge">put out</span>;
  if (live === null) return <span className="badge warn">unknown</span>;
  return <span className={live.online ? "badge good" : "badge"}>{live.online ? "online" : "offline"}</span>;
}

const PATH_WORDS = {
  direct: "direct",
  relay: "relay",
  edge: "edge relay",
  none: "no path",
  unknown: "not reported",
} as const;
const PATH_CLASS = {
  direct: "badge good",
  relay: "badge good",
  edge: "badge warn",
  none: "badge bad",
  unknown: "badge",
} as const;

/** How packets go between two nodes. */
export function PathBadge({ path }: { readonly path: keyof typeof PATH_WORDS }) {
  return <span className={PATH_CLASS[path]}>{PATH_WORDS[path]}</span>;
}

/** How the path in use of a pair is, by the worse of its two ends. */
export function Measured({ measured }: Pick<Answer<"mesh.map">["links"][number], "measured">) {
  if (measured === null) return <span className="muted">not measured</span>;
  if (!measured.passes) return <span className="badge bad">no answer</span>;
  return (
    <>
      {milliseconds(measured.rttMs)}, {percent(measured.loss)} lost
    </>
  );
}
