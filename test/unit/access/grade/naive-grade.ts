import type { GradeSettings, Standing } from "../../../../shared/access/grade/grade.ts";
import type { AccessTerms } from "../../../../shared/access/policy/terms.ts";

/** The grade as one would explain it on paper: every rule spelt out again, from nothing but the history. */
export function naiveGrade(
  settings: GradeSettings,
  { signals, signedIn, lasting }: Standing,
  terms: readonly AccessTerms[],
  now: number,
): string {
  const left = signals.map((s) => ({
    at: s.at,
    weight: s.score / 2 ** ((now - s.at) / (s.halfLifeSeconds * 1_000)),
  }));
  const speaking = left.filter(({ weight }) => weight >= 1);
  let trust = 1;
  for (const { weight } of speaking) trust *= 1 - weight / 100;
  const risk = Math.round(100 * (1 - trust));
  let allowed = settings.allowedRisk;
  for (const { allowedRisk } of terms)
    if (allowedRisk !== null && allowedRisk < allowed) allowed = allowedRisk;
  if (risk > allowed) return "cut";
  if (lasting && signedIn) {
    const own = [settings.idleSeconds, settings.absoluteSeconds] as const;
    const point = settings.riskCurve[0];
    const along = (from: number, to: number) =>
      point && risk < point.risk ? Math.round(from + ((to - from) * risk) / point.risk) : to;
    let idle = point ? along(own[0], Math.min(own[0], point.idleSeconds)) : own[0];
    let absolute = point ? along(own[1], Math.min(own[1], point.absoluteSeconds)) : own[1];
    for (const term of terms) {
      if (term.idleSeconds !== null) idle = Math.min(idle, term.idleSeconds);
      if (term.absoluteSeconds !== null) absolute = Math.min(absolute, term.absoluteSeconds);
    }
    if (now - lasting.beganAt >= absolute * 1_000 || lasting.unusedMs >= idle * 1_000) return "cut";
  }
  // No grant covers these requests.
  if (terms.some(({ approval }) => approval)) return "pause";
  const proof = signedIn?.proofs[0];
  const amr = proof?.amr ?? [];
  for (const { verification, acr, amr: methods } of terms) {
    if (verification === "second_factor" && !amr.includes("otp")) return "pause";
    if (acr !== null && !acr.includes(proof?.acr ?? "none")) return "pause";
    if (!methods.every((method) => amr.includes(method))) return "pause";
    const within = Math.min(...terms.map(({ verifiedWithin }) => verifiedWithin ?? Number.POSITIVE_INFINITY));
    const isAsked = verification !== "none" || acr !== null || methods.length > 0;
    if (isAsked && (!proof || now - proof.at > within * 1_000)) return "pause";
  }
  const verified =
    proof !== undefined &&
    (settings.stepUp !== "second_factor" || amr.includes("otp")) &&
    speaking.every(({ at }) => at < proof.at);
  if (!verified && risk >= settings.pauseRisk) return "pause";
  if (!verified && risk >= settings.readOnlyRisk) return "read_only";
  const some = [settings.watchRisk, settings.readOnlyRisk, settings.pauseRisk].some((from) => risk >= from);
  return some ? "watch" : "allow";
}
