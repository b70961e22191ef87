/**
 * How much what was seen between two roles speaks for a rule. Of the ordered pairs of their nodes, `seen` used a service. Either
 * chance did that: each pair is seen with the small probability `noise`. Or a rule stands behind it: each pair is seen with a
 * probability of which nothing is known beforehand, so that each value is as good as another. The two are compared by their
 * marginal likelihoods, as for a stochastic block model (Karrer and Newman 2011; Peixoto 2017, arXiv 1705.10225).
 */

/** A probability by the logarithms that are asked for again and again. */
export interface Likelihood {
  /** ln p, and ln (1 - p). */
  readonly yes: number;
  readonly no: number;
}
export const likelihood = (p: number): Likelihood => ({ yes: Math.log(p), no: Math.log1p(-p) });

/** The natural logarithm of the odds of a rule against chance. `prior` is how probable a rule is before anything was seen. */
export function logOdds(seen: number, pairs: number, prior: Likelihood, noise: Likelihood): number {
  const byRule = lnFactorial(seen) + lnFactorial(pairs - seen) - lnFactorial(pairs + 1);
  const byChance = seen * noise.yes + (pairs - seen) * noise.no;
  return prior.yes - prior.no + byRule - byChance;
}

/** What the two explanations together add to the likelihood, beside chance alone. It is 0 where nothing was seen. */
export function gain(seen: number, pairs: number, prior: Likelihood, noise: Likelihood): number {
  if (seen === 0) return 0;
  const odds = logOdds(seen, pairs, prior, noise);
  return prior.no + (odds > 30 ? odds : Math.log1p(Math.exp(odds)));
}

export const probability = (odds: number): number => 1 / (1 + Math.exp(-odds));

const TABLE = (() => {
  const table = new Float64Array(4_096);
  for (let n = 2; n < table.length; n++) table[n] = (table[n - 1] ?? 0) + Math.log(n);
  return table;
})();

/** ln n!, for large n by the series of Stirling: its error is below 1e-12 there. */
export function lnFactorial(n: number): number {
  if (n < TABLE.length) return TABLE[n] ?? 0;
  return (n + 0.5) * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * n) - 1 / (360 * n ** 3);
}

/** ln of the number of ways in which `parts` groups can divide `n` nodes, by their sizes. */
export const lnCompositions = (n: number, parts: number): number =>
  lnFactorial(n - 1) - lnFactorial(parts - 1) - lnFactorial(n - parts);
