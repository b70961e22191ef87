/** In which order the upstreams of an app are asked, where it has several. */
export interface BalanceSettings {
  /**
   * `first`: in the order in which they are listed. `spread`: each request by lot. `sticky`: all requests of one
   * session in the same order, so that they reach the same upstream while it answers.
   */
  readonly upstreamChoice: "first" | "spread" | "sticky";
  /** How much each takes, in the order in which they are listed. Unless named, 1. 0: only when no other answers. */
  readonly upstreamWeights: readonly number[];
  /** Seconds for which an upstream that gave no answer twice in a row comes last. */
  readonly upstreamRestSeconds: number;
}

export const DEFAULT_BALANCE_SETTINGS: BalanceSettings = {
  upstreamChoice: "first",
  upstreamWeights: [],
  upstreamRestSeconds: 10,
};

/**
 * The upstreams in the order in which one request asks them. Those that rest come last, since one of them may be the
 * only one that has recovered.
 *
 * By weighted rendezvous hashing (Thaler and Ravishankar 1998; Schindelhauer and Schomaker 2005): when an upstream is
 * added or removed, only those sessions move that it gains or had.
 *
 * @param key What decides for this request: the session's id, or a lot.
 */
export function upstreamsInOrder<Upstream extends { readonly origin: string }>(
  upstreams: readonly Upstream[],
  listed: readonly string[],
  { upstreamChoice, upstreamWeights }: BalanceSettings,
  key: string,
  isResting: (upstream: Upstream) => boolean,
): Upstream[] {
  const scored = upstreams.map((upstream, position) => {
    const weight = upstreamWeights[listed.indexOf(upstream.origin)] ?? 1;
    const score =
      upstreamChoice === "first" ? Math.sign(weight) : weight / -Math.log(share(`${key} ${upstream.origin}`));
    return { upstream, score, position, rests: isResting(upstream) };
  });
  scored.sort((a, b) => Number(a.rests) - Number(b.rests) || b.score - a.score || a.position - b.position);
  return scored.map(({ upstream }) => upstream);
}

/** A number between 0 and 1 that is as good as drawn for each text: FNV-1a, mixed as MurmurHash3 ends. */
function share(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (((hash ^ (hash >>> 16)) >>> 0) + 0.5) / 2 ** 32;
}
