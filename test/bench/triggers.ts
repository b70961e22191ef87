import { freePort, type System, startSystem } from "../support/harness.ts";
import { startTransmitter } from "../support/transmitter.ts";
import { cutBy, cutFigures, guestOf, ROUNDS } from "./support/cuts.ts";
import type { BenchResult, Goal } from "./support/result.ts";

const user = "bob@example.com";

interface Trigger {
  readonly pull: (system: System) => Promise<unknown>;
  readonly restore: (system: System) => Promise<unknown>;
}

const setRisk = (score: number) => (system: System) =>
  system.admin.call("risk.set", { params: { user }, body: { score } });

async function changeUser(system: System, body: { readonly status: "active" | "disabled" }) {
  const { etag } = await system.admin.call("users.get", { params: { user } });
  return system.admin.call("users.update", { params: { user }, body, ifMatch: etag ?? "" });
}

async function changePolicy(system: System, enabled: boolean) {
  const { etag } = await system.admin.call("policies.get", { params: { policy: "app" } });
  return system.admin.call("policies.update", {
    params: { policy: "app" },
    body: { enabled },
    ifMatch: etag ?? "",
  });
}

async function changeApp(system: System, settings: { readonly allowedRisk: number }) {
  const { etag } = await system.admin.call("apps.get", { params: { app: "app" } });
  return system.admin.call("apps.update", {
    params: { app: "app" },
    body: { settings },
    ifMatch: etag ?? "",
  });
}

const transmitter = await startTransmitter(await freePort());
const CAEP = "https://schemas.openid.net/secevent/caep/event-type/";

const signal = (name: string, payload: object) => async () => {
  const status = await transmitter.push({ [CAEP + name]: payload }, { format: "email", email: user });
  if (status !== 202) throw new Error(`a signal was answered ${status}`);
};

/** What ends streams, and how it is undone. A changed version is read within the measured time. */
const TRIGGERS: Readonly<Record<string, Trigger>> = {
  kill: {
    pull: (system) => system.admin.call("sessions.killMany", { body: { by: "user", user } }),
    restore: async () => {},
  },
  user_disabled: {
    pull: (system) => changeUser(system, { status: "disabled" }),
    restore: (system) => changeUser(system, { status: "active" }),
  },
  policy_changed: {
    pull: (system) => changePolicy(system, false),
    restore: (system) => changePolicy(system, true),
  },
  risk_above_allowed: { pull: setRisk(95), restore: setRisk(0) },
  risk_asks_for_sign_in: { pull: setRisk(75), restore: setRisk(0) },
  signal_session_revoked: { pull: signal("session-revoked", {}), restore: async () => {} },
  signal_risk_high: {
    pull: signal("risk-level-change", { principal: "USER", current_level: "HIGH" }),
    restore: signal("risk-level-change", { principal: "USER", current_level: "LOW" }),
  },
  app_allows_less_risk: {
    pull: (system) => changeApp(system, { allowedRisk: 0 }),
    restore: (system) => changeApp(system, { allowedRisk: 90 }),
  },
};

/**
 * From each trigger, the administrator's request, to the end of a WebSocket, an event stream, a download and an upload.
 * `RUSTRONAUT_TRIGGERS=a,b` measures only these.
 */
export default async function triggers(): Promise<BenchResult> {
  const wanted = process.env.RUSTRONAUT_TRIGGERS?.split(",") ?? Object.keys(TRIGGERS);
  const system = await startSystem({ withoutDashboard: true, developmentHosts: [transmitter.host] });
  await transmitter.connect(system);
  const metrics: Record<string, number> = { rounds: ROUNDS };
  const goals: Goal[] = [];
  for (const name of wanted) {
    const trigger = TRIGGERS[name];
    if (!trigger) throw new Error(`there is no trigger ${name}`);
    const rounds = [];
    for (let round = 0; round < ROUNDS; round++) {
      const guest = await guestOf(system, "bob");
      if (name === "app_allows_less_risk") await setRisk(10)(system);
      rounds.push(await cutBy(guest, () => trigger.pull(system)));
      await trigger.restore(system);
    }
    await setRisk(0)(system);
    const figures = cutFigures(name, rounds);
    Object.assign(metrics, figures.metrics);
    goals.push(...figures.goals);
  }
  await system.stop();
  transmitter.close();
  return { metrics, goals };
}
