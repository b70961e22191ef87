import { applyNetwork } from "../../../scripts/local/admin.ts";
import { localRequest } from "../../../scripts/local/http.ts";
import { signIn } from "../../support/attack.ts";
import { connectorKey, startConnector } from "../../support/connector.ts";
import { enrolDevice, hubOf, openOn, reportPosture } from "../../support/device.ts";
import { answerTo, askFor, FROM_OUR_PAGE, personAt } from "../../support/grants.ts";
import type { System } from "../../support/harness.ts";
import type { TestNode } from "../../support/node-client.ts";
import { initTrust } from "../../support/trust.ts";
import { Visitor } from "../../support/visitor.ts";
import { type Guest, guestOf, guestWith } from "./cuts.ts";

/** What ends or holds streams, and how it is undone. A changed version is read within the measured time. */
export interface Cause {
  /** Prepares the network, once. Gives what undoes that. */
  readonly begin?: (system: System) => Promise<() => Promise<unknown>>;
  /** Somebody with streams open. Bob at the first app if left out. */
  readonly guest?: (system: System) => Promise<Guest>;
  /** Waits for a cause that comes about by itself, right before it does. */
  readonly await?: () => Promise<void>;
  readonly pull: (system: System, guest: Guest) => Promise<unknown>;
  readonly restore?: (system: System) => Promise<unknown>;
  /** The streams are held, and not cut. */
  readonly isHeld?: true;
}

const user = "bob@example.com";
const nothing = async (): Promise<void> => {};
const originOf = ({ port }: System, app: string) => `http://${app}.localhost:${port}`;

/** An app of its own for one cause, with the policies that count there. */
async function newApp(system: System, name: string, source: string, more: object = {}) {
  const app = { name, host: `${name}.localhost`, segment: "main", upstreams: [system.upstream.origin] };
  await applyNetwork(system.admin, { version: 1, apps: [{ ...app, ...more }] });
  await system.admin.call("policies.create", { body: { name, source } });
  return nothing;
}

export const setRisk = (score: number) => (system: System) =>
  system.admin.call("risk.set", { params: { user }, body: { score } });

async function changeUser(system: System, body: { readonly status: "active" | "disabled" }) {
  const { etag } = await system.admin.call("users.get", { params: { user } });
  return system.admin.call("users.update", { params: { user }, body, ifMatch: etag ?? "" });
}

const changePolicy = (policy: string, enabled: boolean) => async (system: System) => {
  const { etag } = await system.admin.call("policies.get", { params: { policy } });
  await system.admin.call("policies.update", {
    params: { policy },
    body: { enabled },
    ifMatch: etag ?? "",
  });
};

async function changeApp(system: System, settings: { readonly allowedRisk: number }) {
  const { etag } = await system.admin.call("apps.get", { params: { app: "app" } });
  return system.admin.call("apps.update", {
    params: { app: "app" },
    body: { settings },
    ifMatch: etag ?? "",
  });
}

const kill = (system: System) => system.admin.call("sessions.killMany", { body: { by: "user", user } });

const signOut: Cause = {
  pull: ({ appOrigin }, { visitor }) =>
    visitor.get(
      `${appOrigin}/.rustronaut/sign-out`,
      { origin: appOrigin, "content-type": "application/x-www-form-urlencoded", ...FROM_OUR_PAGE },
      "POST",
      "scope=app",
    ),
};

const membership = { params: { group: "guests", kind: "user", member: user } } as const;
const groupRemoved: Cause = {
  begin: async (system) => {
    await signIn(system, "bob");
    await system.admin.call("groups.create", { body: { name: "guests" } });
    await system.admin.call("groups.addMember", membership);
    const source = `permit (principal in Group::"guests", action, resource == App::"guests");`;
    return newApp(system, "guests", source);
  },
  guest: (system) => guestOf(system, "bob", originOf(system, "guests")),
  pull: ({ admin }) => admin.call("groups.removeMember", membership),
  restore: ({ admin }) => admin.call("groups.addMember", membership),
};

/** A device whose disk turns out not to be encrypted any more. */
function devicePosture(): Cause {
  let node: TestNode | undefined;
  const report = async (diskEncrypted: boolean) => {
    if (!node) throw new Error("there is no device yet");
    await reportPosture(node, { diskEncrypted });
    return node;
  };
  return {
    begin: async (system) => {
      await signIn(system, "bob");
      node = await enrolDevice(system, await hubOf(system), user);
      const source = `permit (principal, action, resource == App::"posture") when { context has device && context.device.claims.diskEncrypted };`;
      return newApp(system, "posture", source);
    },
    guest: async (system) => {
      const [visitor, origin] = [new Visitor(), originOf(system, "posture")];
      const { status, text } = await openOn(await report(true), system, visitor, `${origin}/`, "bob");
      if (status !== 200) throw new Error(`not opened: ${status} ${text.slice(0, 300)}`);
      return guestWith(system, visitor, origin);
    },
    pull: () => report(false),
  };
}

/** One person may ask 20 times an hour. */
export const ASKERS = ["asker0", "asker1", "asker2", "asker3"] as const;
const GRANT_SECONDS = 4;

/** Streams that rest on a grant whose time is over. */
function grantEnds(): Cause {
  let until = 0;
  let round = 0;
  return {
    begin: (system) =>
      newApp(system, "granted", `permit (principal == User::"nobody", action, resource == App::"granted");`, {
        settings: { grantAskers: ["group:sales"], grantApprovers: ["group:engineering"] },
      }),
    guest: async (system) => {
      const origin = originOf(system, "granted");
      const asker = ASKERS[round++ % ASKERS.length] ?? "asker0";
      const [person, alice] = [await personAt(origin, asker), await personAt(system.appOrigin, "alice")];
      const grant = await askFor(system, person, "granted", { seconds: String(GRANT_SECONDS) });
      await answerTo(system, alice, grant, "approve");
      ({ until } = (await system.admin.call("grants.get", { params: { grant } })).data as { until: number });
      return guestOf(system, asker, origin);
    },
    await: () => new Promise((resolve) => setTimeout(resolve, Math.max(0, until - Date.now()))),
    pull: nothing,
  };
}

/** What an identity provider says of Bob by SCIM. */
function scim(): Cause {
  let [secret, id] = ["", ""];
  const send = async (system: System, method: string, path: string, body: object) => {
    const answer = await localRequest(`${system.hubOrigin}/scim/v2${path}`, {
      ...{ method, body: JSON.stringify(body) },
      headers: { authorization: `Bearer ${secret}`, "content-type": "application/scim+json" },
    });
    if (answer.status >= 300) throw new Error(`SCIM was answered ${answer.status} ${answer.text}`);
    return JSON.parse(answer.text) as { id: string };
  };
  const setActive = (value: boolean) => (system: System) =>
    send(system, "PATCH", `/Users/${id}`, {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
      Operations: [{ op: "replace", path: "active", value }],
    });
  return {
    begin: async (system) => {
      const issued = await system.admin.call("scimTokens.issue", {
        ...{ params: { provider: "main" }, body: {} },
      });
      secret = issued.data.secret;
      const schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"];
      const emails = [{ primary: true, value: user, type: "work" }];
      const person = { schemas, emails, userName: user, externalId: "bob", active: true };
      ({ id } = await send(system, "POST", "/Users", person));
      return nothing;
    },
    pull: setActive(false),
    restore: setActive(true),
  };
}

/** The same through the tunnel of an agent. */
const throughAgent = (pull: Cause["pull"], restore: Cause["restore"] = nothing): Cause => ({
  begin: async (system) => {
    await initTrust(system.admin);
    await newApp(system, "private", `permit (principal, action, resource == App::"private");`, {
      through: ["node:gate"],
    });
    const { port } = system.upstream;
    const key = await connectorKey(system.admin, []);
    const options = { name: "gate", dial: `127.0.0.1:${port}`, apps: ["private"] };
    const agent = await startConnector(system.hubOrigin, key, options);
    return () => agent.end();
  },
  guest: (system) => guestOf(system, "bob", originOf(system, "private")),
  pull,
  restore,
});

export const CAUSES: Readonly<Record<string, Cause>> = {
  kill: { pull: kill },
  sign_out: signOut,
  user_disabled: {
    pull: (system) => changeUser(system, { status: "disabled" }),
    restore: (system) => changeUser(system, { status: "active" }),
  },
  scim_deactivated: scim(),
  group_removed: groupRemoved,
  policy_changed: { pull: changePolicy("app", false), restore: changePolicy("app", true) },
  risk_above_allowed: { pull: setRisk(95), restore: setRisk(0) },
  risk_asks_for_sign_in: { pull: setRisk(75), restore: setRisk(0), isHeld: true },
  app_allows_less_risk: {
    guest: async (system) => {
      const guest = await guestOf(system, "bob");
      await setRisk(10)(system);
      return guest;
    },
    pull: (system) => changeApp(system, { allowedRisk: 0 }),
    restore: async (system) => {
      await changeApp(system, { allowedRisk: 90 });
      await setRisk(0)(system);
    },
  },
  device_posture: devicePosture(),
  grant_ended: grantEnds(),
  kill_through_agent: throughAgent(kill),
  policy_changed_through_agent: throughAgent(changePolicy("private", false), changePolicy("private", true)),
};
