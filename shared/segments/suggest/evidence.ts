/**
 * How much what was seen between two roles speaks for a rule. Of the ordered pairs of their nodes, `seen` used a service. Either
 * chance did that: each pair is seen with the small probability `noise`. Or a rule stands behind it: each pair is seen with a
 * probability of which nothing is known beforehand, so that each value is as good as another. The two are compared by their
 * marginal likelihoods, as for a stochastic block model (Karrer and Newman 2011; Peixoto 2017, arXiv 1705.10225).
 */

/** The natural logarithm of the odds of a rule against chance. `prior` is how probable a rule is before anything was seen. */
export function logOdds(seen: number, pairs: number, prior: number, noise: number): number {
  const byRule = lnFactorial(seen) + lnFactorial(pairs - seen) - lnFactorial(pairs + 1);
  const byChance = seen * Math.log(noise) + (pairs - seen) * Math.log1p(-noise);
  return Math.log(prior) - Math.log1p(-prior) + byRule - byChance;
}

/** What the two explanations together add to the likelihood, beside chance alone. It is 0 where nothing was seen. */
export function gain(seen: number, pairs: number, prior: number, noise: number): number {
  if (seen === 0) return 0;
  const odds = logOdds(seen, pairs, prior, noise);
  return Math.log1p(-prior) + (odds > 30 ? odds : Math.log1p(Math.exp(odds)));
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
