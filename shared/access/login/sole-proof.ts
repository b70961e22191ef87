/**
 * What the owner of a session says about a cookie: the proof, `stale` (the owner can't tell), `ended` or
 * `unknown`.
 */
export type Said<Proof extends object> = Proof | "stale" | "ended" | "unknown";

/**
 * The one rule for several cookies with the same name. A sibling domain can plant cookies, so the answers of
 * the owners decide: exactly one cookie must prove a session. Two proofs count as none, because one of the
 * two cookies was planted. If one owner can't tell, the result is unknown.
 */
export function soleProof<Proof extends object>(said: readonly Said<Proof>[]): Said<Proof> {
  if (said.includes("stale")) return "stale";
  const [only, second] = said.filter((each) => typeof each === "object");
  if (only && !second) return only;
  return said.includes("ended") ? "ended" : "unknown";
}
