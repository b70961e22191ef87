import type { World } from "../../../shared/access/as-of.ts";
import type { PrincipalFacts } from "../../../shared/access/policy/request.ts";
import { Reachability } from "../../../shared/access/reach.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { historyBegan, worldAt } from "../../registry/history.ts";
import type { Call, Handlers } from "../call.ts";
import { missing } from "../missing.ts";

/**
 * The state at the requested time. Refuses if that state is unknown, because missing history must not look
 * like "nobody".
 */
async function worldOfCall({ bindings, query, now }: Call<"reach.app" | "reach.user">) {
  const at = query.at ?? now;
  const began = await historyBegan(bindings.db);
  if (at < began)
    throwRefusal(
      "not_recorded",
      `The history begins at ${new Date(began).toISOString()}; who could reach what before is not known.`,
    );
  if (at > now) throwRefusal("invalid_input", "This moment has not come yet.");
  const { world, statements } = await worldAt(bindings.db, at);
  const policies = world.policies.map(({ id, name, version }) => ({ id, name, version }));
  return { at, began, world, policies, reach: new Reachability(statements, world.registered, at) };
}

/** The callers that are asked about: active users, valid service tokens, and the anonymous caller. */
const callersOf = ({ users, serviceTokens }: World): PrincipalFacts[] => [
  ...users.filter(({ isActive }) => isActive),
  ...serviceTokens.filter(({ isGood }) => isGood),
  { type: "Anonymous" },
];

function callerView(caller: PrincipalFacts) {
  if (caller.type === "Anonymous")
    return { kind: "anyone" as const, id: null, name: "anyone, without signing in", groups: [] };
  const isUser = caller.type === "User";
  return {
    kind: isUser ? ("user" as const) : ("serviceToken" as const),
    id: caller.id,
    name: isUser ? caller.email : caller.name,
    groups: [...caller.groups],
  };
}

const outlookView = <T extends { readonly by: readonly string[]; readonly unless: readonly string[] }>(
  one: T,
) => ({
  ...one,
  by: [...one.by],
  unless: [...one.unless],
});

const actionsView = ({
  read,
  write,
  delete: remove,
  connect,
}: ReturnType<Reachability["ofApp"]>[number]["actions"]) => ({
  read: outlookView(read),
  write: outlookView(write),
  delete: outlookView(remove),
  connect: outlookView(connect),
});

/** A time that is nearer than this is now. */
const NOW_MS = 60_000;

/** Says which name was asked for. A name that is missing now is compared with those that there are. */
async function absent(
  { bindings, now }: Pick<Call, "bindings" | "now">,
  what: "app" | "user",
  reference: string,
  at: number,
): Promise<never> {
  if (now - at < NOW_MS) return missing(bindings.db, what, reference);
  const time = `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
  return throwRefusal("not_found", `There was no ${what} called ${reference} at ${time}.`);
}

export const REACH_HANDLERS: Handlers<"reach.app" | "reach.user"> = {
  "reach.app": async (call) => {
    const { at, began, world, policies, reach } = await worldOfCall(call);
    const app = world.apps.find(({ id, name }) => id === call.params.app || name === call.params.app);
    if (!app) return absent(call, "app", call.params.app, at);
    const callers = app.enabled ? callersOf(world) : [];
    const reached = reach.ofApp(app, callers);
    return {
      body: {
        ...{ at, began, policies },
        app: { id: app.id, name: app.name, enabled: app.enabled },
        callers: callers.flatMap((caller, n) => {
          const one = reached[n];
          if (!one || one.answer === "no") return [];
          return [{ ...callerView(caller), answer: one.answer, actions: actionsView(one.actions) }];
        }),
      },
    };
  },

  "reach.user": async (call) => {
    const { at, began, world, policies, reach } = await worldOfCall(call);
    const wanted = call.params.user.toLowerCase();
    const user = world.users.find(({ id, email }) => id === wanted || email === wanted);
    if (!user) return absent(call, "user", call.params.user, at);
    const apps = user.isActive ? world.apps.filter(({ enabled }) => enabled) : [];
    const reached = reach.ofCaller(user, apps);
    return {
      body: {
        ...{ at, began, policies },
        user: { id: user.id, email: user.email, isActive: user.isActive, groups: [...user.groups] },
        apps: apps.flatMap(({ id, name }, n) => {
          const one = reached[n];
          if (!one || one.answer === "no") return [];
          return [{ id, name, answer: one.answer, actions: actionsView(one.actions) }];
        }),
      },
    };
  },
};
