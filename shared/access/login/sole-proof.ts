/** What the owner of a session says of a cookie: the proof, or `stale` (it can't say), `ended`, `unknown`. */
export type Said<Proof extends object> = Proof | "stale" | "ended" | "unknown";

/**
 * The one rule for several cookies of one name. A sibling domain can plant some, so what counts is what the owners say of
 * each: exactly one must prove a session. Two that do are as good as none, since one of them was planted; where one owner
 * can't say, nobody knows.
 */
export function soleProof<Proof extends object>(said: readonly Said<Proof>[]): Said<Proof> {
  if (said.includes("stale")) return "stale";
  const [only, second] = said.filter((each) => typeof each === "object");
  if (only && !second) return only;
  return said.includes("ended") ? "ended" : "unknown";
}
