import type { GrantOfUser, World } from "../../../shared/access/as-of.ts";
import { isNamed } from "../../../shared/access/grants/settings.ts";
import { Inventory } from "../../../shared/access/policy/inventory.ts";
import type { PrincipalFacts } from "../../../shared/access/policy/request.ts";
import { EntityUid } from "../../../shared/access/policy/values.ts";
import { grantsFor, type Reach, Reachability } from "../../../shared/access/reach.ts";
import { permitting } from "../../../shared/api/reach-words.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { historyBegan, worldAt } from "../../registry/history.ts";
import type { Call, Handlers } from "../call.ts";
import { missing } from "../missing.ts";
import { numberIn, pageOf, readCursor } from "../paging.ts";

/**
 * The state at the requested time. Refuses if that state is unknown, because missing history must not look
 * like "nobody".
 */
async function worldOfCall(
  { bindings, query, now }: Call<"reach.app" | "reach.user">,
  person: string | null = null,
) {
  const at = momentOf(query.cursor) ?? query.at ?? now;
  const began = await historyBegan(bindings.db);
  if (at < began)
    throwRefusal(
      "not_recorded",
      `The history begins at ${new Date(began).toISOString()}; who could reach what before is not known.`,
    );
  if (at > now) throwRefusal("invalid_input", "This moment has not come yet.");
  const { world, statements } = await worldAt(bindings.db, at, now, person);
  return { at, began, world, reach: new Reachability(statements, world.registered, at) };
}

/** All pages of one answer are about one moment, which the cursor keeps before the key. */
function momentOf(cursor: string | undefined): number | null {
  const key = readCursor(cursor);
  return key === null ? null : numberIn(key.split(" ", 1)[0] ?? "");
}

const grantView = ({ id, until, emergency, actions, paths }: GrantOfUser) => ({
  ...{ id, until, emergency, actions: [...actions], paths: [...paths] },
});

interface Reached {
  readonly answer: Reach["answer"];
  readonly actions: ReturnType<typeof actionsView>;
}

/**
 * One page of those within reach.
 *
 * @param keyOf Tells the items apart and puts them in order.
 */
async function pageOfReached<Item extends Reached>(
  query: Call<"reach.app" | "reach.user">["query"],
  { at, began, world }: { readonly at: number; readonly began: number; readonly world: World },
  all: readonly Item[],
  keyOf: (item: Item) => string,
) {
  const keyed = all.map((item) => ({ item, key: `${at} ${keyOf(item)}` })).sort(byKey);
  const { items, next } = await pageOf(
    query,
    async (after, limit) => keyed.filter(({ key }) => after === null || key > after).slice(0, limit),
    ({ key }) => key,
  );
  const shown = items.map(({ item }) => item);
  const named = new Set(
    shown.flatMap(({ actions }) => permitting(actions, world.policies).map(({ policy }) => policy)),
  );
  const policies = world.policies
    .filter((policy) => named.has(policy))
    .map(({ id, name, version }) => ({ id, name, version }));
  return { at, began, total: all.length, items: shown, next, policies };
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

const actionsView = ({ read, write, delete: remove, connect }: Reach["actions"]) => ({
  read: outlookView(read),
  write: outlookView(write),
  delete: outlookView(remove),
  connect: outlookView(connect),
});

/** The id of the user who is there now. Null if there is none. */
const idOfUser = (d1: D1Database, wanted: string): Promise<string | null> =>
  d1.prepare("SELECT id FROM users WHERE id = ?1 OR email = ?1").bind(wanted).first<string>("id");

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

/** The names of the apps to which a person may request access, in a group also by way of other groups. */
function requestable(
  { registered }: World,
  { email, groups }: World["users"][number],
  apps: World["apps"],
): string[] {
  const all = new Inventory(registered).allAbove(groups);
  const named = { email, isIn: (name: string) => all.has(new EntityUid("Group", name).key) };
  return apps
    .filter(({ grantAskers, emergencyAskers }) => isNamed([...grantAskers, ...emergencyAskers], named))
    .map(({ name }) => name)
    .sort();
}

/** Those with an answer other than no. */
const within = <Asked, View extends object>(
  asked: readonly Asked[],
  reached: readonly Reach[],
  viewOf: (one: Asked) => View,
  grantsOf: (one: Asked) => readonly GrantOfUser[],
) =>
  asked.flatMap((one, n) => {
    const found = reached[n];
    if (!found || found.answer === "no") return [];
    const grants = grantsOf(one).map(grantView);
    return [{ ...viewOf(one), answer: found.answer, actions: actionsView(found.actions), grants }];
  });

/** People come first, and the anonymous caller last. */
const ORDER = { user: 0, serviceToken: 1, anyone: 2 } as const;

const byKey = (a: { readonly key: string }, b: { readonly key: string }): number => (a.key < b.key ? -1 : 1);

export const REACH_HANDLERS: Handlers<"reach.app" | "reach.user"> = {
  "reach.app": async (call) => {
    const found = await worldOfCall(call);
    const { at, world, reach } = found;
    const app = world.apps.find(({ id, name }) => id === call.params.app || name === call.params.app);
    if (!app) return absent(call, "app", call.params.app, at);
    const callers = app.enabled ? callersOf(world) : [];
    const reached = within(callers, reach.ofApp(app, callers, world.grants), callerView, (caller) =>
      grantsFor(world.grants, caller, app),
    );
    return {
      body: {
        ...(await pageOfReached(call.query, found, reached, ({ kind, name }) => `${ORDER[kind]} ${name}`)),
        app: {
          ...{ id: app.id, name: app.name, enabled: app.enabled },
          grantAskers: [...app.grantAskers],
          emergencyAskers: [...app.emergencyAskers],
        },
      },
    };
  },

  "reach.user": async (call) => {
    const wanted = call.params.user.toLowerCase();
    const found = await worldOfCall(call, await idOfUser(call.bindings.db, wanted));
    const { at, world, reach } = found;
    const user = world.users.find(({ id, email }) => id === wanted || email === wanted);
    if (!user) return absent(call, "user", call.params.user, at);
    const apps = user.isActive ? world.apps.filter(({ enabled }) => enabled) : [];
    const reached = within(
      apps,
      reach.ofCaller(user, apps, world.grants),
      ({ id, name }) => ({ id, name }),
      (app) => grantsFor(world.grants, user, app),
    );
    return {
      body: {
        ...(await pageOfReached(call.query, found, reached, ({ name }) => name)),
        user: {
          ...{ id: user.id, email: user.email, isActive: user.isActive, groups: [...user.groups] },
          mayRequest: requestable(world, user, apps),
        },
      },
    };
  },
};
