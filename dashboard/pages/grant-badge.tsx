import { STATUS_WORDS } from "../../shared/access/grants/words.ts";
import type { RowOf } from "../api.ts";

const TONES = { granted: "badge good", pending: "badge warn" } as const;

/** How a grant stands, and whether it is an emergency. */
export function GrantBadge({ grant: { status, emergency } }: { readonly grant: RowOf<"grants.list"> }) {
  const tone = status === "granted" || status === "pending" ? TONES[status] : "badge";
  return (
    <>
      <span className={tone}>{STATUS_WORDS[status]}</span>
      {emergency && <span className="badge bad">emergency</span>}
    </>
  );
}
