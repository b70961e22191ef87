/** A session's lifetime, in seconds. */
export interface SessionDuration {
  readonly idleSeconds: number;
  readonly absoluteSeconds: number;
}

/** One point of an app's curve: how long a session may last at this risk. */
export interface CurvePoint extends SessionDuration {
  /** From 1 to 100. */
  readonly risk: number;
}

/**
 * How long a session may last at a risk. The curve begins at risk 0 with the app's own lifetime, leads in straight
 * lines from point to point, and stays at the last point. It never rises: more risk never gives more time.
 *
 * @param own The app's lifetime without risk.
 */
export function durationAt(
  risk: number,
  own: SessionDuration,
  curve: readonly CurvePoint[],
): SessionDuration {
  const { idleSeconds, absoluteSeconds } = own;
  if (risk === 0) return { idleSeconds, absoluteSeconds };
  let before: CurvePoint = { risk: 0, idleSeconds, absoluteSeconds };
  for (const point of [...curve].sort((a, b) => a.risk - b.risk)) {
    const lower = shorter(before, point);
    if (risk < point.risk) return between(before, { ...lower, risk: point.risk }, risk);
    before = { ...lower, risk: point.risk };
  }
  return { idleSeconds: before.idleSeconds, absoluteSeconds: before.absoluteSeconds };
}

/** The lower value of each of two lifetimes. */
export const shorter = (a: SessionDuration, b: SessionDuration): SessionDuration => ({
  idleSeconds: Math.min(a.idleSeconds, b.idleSeconds),
  absoluteSeconds: Math.min(a.absoluteSeconds, b.absoluteSeconds),
});

function between(from: CurvePoint, to: CurvePoint, risk: number): SessionDuration {
  const part = (risk - from.risk) / (to.risk - from.risk);
  const along = (a: number, b: number) => Math.max(1, Math.round(a + (b - a) * part));
  return {
    idleSeconds: along(from.idleSeconds, to.idleSeconds),
    absoluteSeconds: along(from.absoluteSeconds, to.absoluteSeconds),
  };
}
