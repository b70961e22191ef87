import { DEMO_USERS } from "../../scripts/demo/identity-provider.ts";
import { freePort, type System, startSystem } from "../support/harness.ts";
import { startTransmitter } from "../support/transmitter.ts";
import { ASKERS, CAUSES, type Cause } from "./support/causes.ts";
import { cutBy, cutFigures, guestOf, heldBy, ROUNDS, type Round } from "./support/cuts.ts";
import type { BenchResult, Goal } from "./support/result.ts";

const transmitter = await startTransmitter(await freePort());
const CAEP = "https://schemas.openid.net/secevent/caep/event-type/";

const signal = (name: string, payload: object) => async () => {
  const status = await transmitter.push(
    { [CAEP + name]: payload },
    { format: "email", email: "bob@example.com" },
  );
  if (status !== 202) throw new Error(`a signal was answered ${status}`);
};

const ALL: Readonly<Record<string, Cause>> = {
  ...CAUSES,
  signal_session_revoked: { pull: signal("session-revoked", {}) },
  signal_risk_high: {
    pull: signal("risk-level-change", { principal: "USER", current_level: "HIGH" }),
    restore: signal("risk-level-change", { principal: "USER", current_level: "LOW" }),
  },
};

/** Askers of grants, like Bob. */
const USERS = [
  ...DEMO_USERS,
  ...ASKERS.map((id) => ({ id, name: id, email: `${id}@example.com`, groups: ["sales"] })),
];

async function roundOf(system: System, cause: Cause): Promise<Round> {
  const guest = await (cause.guest?.(system) ?? guestOf(system, "bob"));
  await cause.await?.();
  const pull = () => cause.pull(system, guest);
  const round = await (cause.isHeld ? heldBy(system, guest, pull) : cutBy(guest, pull));
  await cause.restore?.(system);
  return round;
}

/**
 * From each trigger, the administrator's request, to the end of a WebSocket, an event stream, a download and an upload, or to the
 * moment from which they are held. `RUSTRONAUT_TRIGGERS=a,b` measures only these, each in a system of its own.
 */
export default async function triggers(): Promise<BenchResult> {
  const wanted = process.env.RUSTRONAUT_TRIGGERS?.split(",") ?? Object.keys(ALL);
  const metrics: Record<string, number> = { rounds: ROUNDS };
  const goals: Goal[] = [];
  for (const name of wanted) {
    const cause = ALL[name];
    if (!cause) throw new Error(`there is no trigger ${name}`);
    const system = await startSystem({
      withoutDashboard: true,
      users: USERS,
      developmentHosts: [transmitter.host],
    });
    if (name.startsWith("signal")) await transmitter.connect(system);
    const end = await cause.begin?.(system);
    const rounds: Round[] = [];
    while (rounds.length < ROUNDS) rounds.push(await roundOf(system, cause));
    const figures = cutFigures(name, rounds);
    Object.assign(metrics, figures.metrics);
    goals.push(...figures.goals);
    await end?.();
    await system.stop();
  }
  transmitter.close();
  return { metrics, goals };
}
