/** What the tunnel knows of one agent of an app. */
export interface AgentState {
  readonly node: string;
  /** How much the agent takes, relative to others. At least 1. */
  readonly weight: number;
  readonly streams: number;
  /** The agent or the tunnel takes no new streams. */
  readonly isDraining: boolean;
  readonly isFull: boolean;
  /** Milliseconds since the Unix epoch. */
  readonly heardAt: number;
  /** Until when the agent counts as failing, since it could not reach the application. 0 for never. */
  readonly failingUntil: number;
}

/** Agents say something every 20 s. One that is silent for longer than two times that may be gone. */
export const SILENT_MS = 45_000;
/** For how long an agent comes last that could not reach the application. */
export const FAILING_MS = 10_000;

/**
 * The agents to ask, in this order: those that work, the least loaded first, and after them those that failed of late.
 * Whoever is silent, drains or is full is left out.
 */
export function agentsInOrder<Agent extends AgentState>(agents: readonly Agent[], now: number): Agent[] {
  const isFailing = ({ failingUntil }: Agent) => now < failingUntil;
  const load = ({ streams, weight }: Agent) => (streams + 1) / weight;
  return agents
    .filter((agent) => !agent.isDraining && !agent.isFull && now - agent.heardAt < SILENT_MS)
    .sort((a, b) => Number(isFailing(a)) - Number(isFailing(b)) || load(a) - load(b));
}

/**
 * Whether a request may go to another agent after one failed. A request that never reached the application may; one
 * that may have reached it only if it changes nothing (RFC 9110 §9.2.2). In both cases its body must be there still.
 */
export function mayTryAnother(
  failure: { readonly reason: string; readonly isBodyTouched: boolean },
  method: string,
): boolean {
  if (failure.isBodyTouched) return false;
  if (failure.reason === "unreachable" || failure.reason === "overloaded") return true;
  return failure.reason === "lost" && (method === "GET" || method === "HEAD");
}
