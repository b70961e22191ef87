import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { messageOf } from "../../../shared/base/errors/cause.ts";
import { refreshMesh } from "../../../workers/mesh/notify.ts";
import type { TestNode } from "../../support/test-node.ts";
import { principal } from "../../unit/access/sessions/fixtures.ts";
import { openWorld, type World } from "../agent-api/world.ts";
import { bindings, withCoordinator } from "../hub/world.ts";
import { coordinator, coordinatorStub, hideFromCoordinator, named, owner, wait } from "../sessions/world.ts";

/** What a segment's object learns of the mesh, and when: two segments whose nodes are peers. */

let world: World;
let near: string;
let far: string;
beforeAll(async () => {
  world = await openWorld();
  await world.admin.call("segments.create", { body: { name: "far" } });
  const { data } = await world.admin.call("segments.list");
  const idOf = (name: string) => data.items.find((segment) => segment.name === name)?.id ?? "";
  [near, far] = [idOf("main"), idOf("far")];
  await world.admin.call("meshRules.create", {
    body: { name: "all", from: ["any"], to: ["any"], traffic: ["any"] },
  });
});
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await evictDurableObject(coordinatorStub);
});

interface Refreshing {
  refresh(revision: number): Promise<void>;
}

/** Has the coordinator reach something else in a segment's place, until it is evicted, and counts what it tells each. */
async function replaceSegment(segment: string, replaced: Refreshing): Promise<Map<string, number>> {
  const told = new Map<string, number>();
  await runInDurableObject(coordinatorStub, (object) => {
    const held = object as unknown as { env: typeof env };
    const namespace = held.env.SEGMENT_MESH;
    held.env = {
      ...held.env,
      SEGMENT_MESH: {
        idFromName: (name: string) => name,
        get: (name: string): Refreshing => ({
          refresh: (revision) => {
            told.set(name, (told.get(name) ?? 0) + 1);
            const real = namespace.get(namespace.idFromName(name)) as unknown as Refreshing;
            return (name === segment ? replaced : real).refresh(revision);
          },
        }),
      } as unknown as typeof namespace,
    };
  });
  return told;
}

const away: Refreshing = { refresh: () => Promise.reject(new Error("unreachable")) };
const hanging: Refreshing = { refresh: () => new Promise(() => {}) };

/** Keeps the time limits of calls until they are passed. */
function holdLimits(): { pass(): void } {
  const real = globalThis.setTimeout;
  const held: (() => void)[] = [];
  vi.spyOn(globalThis, "setTimeout").mockImplementation(((work: () => void, ms?: number) => {
    if (ms !== 10_000) return real(work, ms);
    held.push(work);
    return 0;
  }) as unknown as typeof setTimeout);
  return { pass: () => held.forEach((work) => void work()) };
}

async function retag({ id }: TestNode, tag: string, known?: string | null) {
  const params = { node: id };
  const ifMatch = known ?? (await world.admin.call("nodes.get", { params })).etag ?? "";
  return world.admin.call("nodes.update", {
    params,
    body: { tags: [tag] },
    ifMatch,
    idempotencyKey: id + tag,
  });
}

/** As the segment's object knows the network, without asking anybody. */
const known = (segment: string) =>
  runInDurableObject(
    env.SEGMENT_MESH.get(env.SEGMENT_MESH.idFromName(segment)),
    (_object, { storage }) =>
      storage.sql.exec<{ value: number }>("SELECT value FROM meta WHERE key = 'revision'").one().value,
  );
const revision = async () =>
  Number(await env.DB.prepare("SELECT revision FROM mesh_state").first("revision"));
const waiting = () =>
  runInDurableObject(coordinatorStub, (_object, { storage }) =>
    storage.sql.exec<{ key: string }>("SELECT key FROM mesh_outbox").toArray(),
  );

describe("I8: a change of the mesh, with a segment that does not answer", () => {
  test("reaches the others at once, and this one by the coordinator's alarm, also after a restart", async () => {
    const node = await world.member();
    await world.member({ segment: "far" });
    const before = await known(far);
    await replaceSegment(far, away);
    await retag(node, "x");
    expect(await known(near)).toBe(await revision());
    expect(await known(far)).toBe(before);
    expect(await waiting()).toEqual([{ key: `mesh:${far}` }]);
    wait(15_000);
    await runDurableObjectAlarm(coordinatorStub); // still away
    expect(await known(far)).toBe(before);
    await evictDurableObject(coordinatorStub);
    wait(20_000);
    expect(await runDurableObjectAlarm(coordinatorStub)).toBe(true);
    await vi.waitFor(async () => expect(await known(far)).toBe(await revision()));
    await vi.waitFor(async () => expect(await waiting()).toEqual([]));
  });

  test("is answered when the call's time is over, and says how many do not know of it", async () => {
    await world.member({ segment: "far" });
    await replaceSegment(far, hanging);
    await env.DB.exec("UPDATE mesh_state SET revision = revision + 1");
    const limits = holdLimits();
    const pending = refreshMesh(bindings);
    await vi.waitFor(async () => expect(await known(near)).toBe(await revision()));
    await runInDurableObject(coordinatorStub, () => limits.pass());
    expect(await pending).toBe(1);
    expect(await waiting()).toEqual([{ key: `mesh:${far}` }]);
  });

  test("holds up no message to a session object", async () => {
    const [object, person] = [owner("seg_mesh/weur/0"), principal({ userId: "usr_mesh", version: 1 })];
    await object.rpc.create(named("mesh", { principal: person }));
    const show = await hideFromCoordinator(object.name);
    await coordinator.tell([{ ...person, name: "Changed", version: 2 }]);
    await show();
    await replaceSegment(far, away);
    await coordinator.tellMesh((await revision()) + 1, [far]);
    const release: (() => void)[] = [];
    await replaceSegment(far, { refresh: () => new Promise((resolve) => release.push(resolve)) });
    wait(15_000);
    await runDurableObjectAlarm(coordinatorStub);
    expect(await object.rpc.verify("hash-mesh", "app_1", false)).toMatchObject({
      session: { principal: { name: "Changed" } },
    });
    await runInDurableObject(coordinatorStub, () => {
      for (const resolve of release) resolve();
    });
    expect(release).toHaveLength(1);
  });
});

test("I8: a segment that has learnt a revision is not told of it again", async () => {
  await world.member({ segment: "far" });
  const told = await replaceSegment("", away);
  await env.DB.exec("UPDATE mesh_state SET revision = revision + 1");
  await Promise.all([refreshMesh(bindings), refreshMesh(bindings)]);
  await refreshMesh(bindings);
  expect([...told.keys()].sort()).toEqual([near, far].sort());
  expect([...told.values()].every((times) => times <= 2)).toBe(true);
  told.clear();
  expect(await refreshMesh(bindings)).toBe(0);
  expect([...told]).toEqual([]);
});

test("I8: an older revision that is told late takes no newer one's place", async () => {
  await world.member({ segment: "far" });
  const newest = (await revision()) + 2;
  let heard: number[] = [];
  await replaceSegment(far, away);
  await coordinator.tellMesh(newest, [far]);
  heard = [];
  await replaceSegment(far, { refresh: async (told) => void heard.push(told) });
  expect(await coordinator.tellMesh(newest - 1, [far])).toEqual({ pending: [] });
  expect(heard).toEqual([newest]);
});

test("I8: a change that the coordinator did not take is not acknowledged, and its key completes it", async () => {
  const node = await world.member();
  world.through = withCoordinator({ tellMesh: () => Promise.reject(new Error("unreachable")) });
  const { etag } = await world.admin.call("nodes.get", { params: { node: node.id } });
  const write = () => retag(node, "y", etag);
  await expect(write()).rejects.toMatchObject({ status: 503 });
  world.through = bindings;
  expect((await write()).data.tags).toEqual(["y"]);
  expect(await known(near)).toBe(await revision());
});

describe("I8: a change that a trigger of the database makes", () => {
  const renamings: readonly [string, () => Promise<unknown>][] = [
    [
      "a segment's name",
      async () => {
        const params = { segment: "main" };
        const { etag } = await world.admin.call("segments.get", { params });
        return world.admin.call("segments.update", {
          params,
          body: { name: "central" },
          ifMatch: etag ?? "",
        });
      },
    ],
    [
      "the network's name",
      async () => {
        const { etag } = await world.admin.call("network.get", {});
        return world.admin.call("network.update", { body: { name: "renamed" }, ifMatch: etag ?? "" });
      },
    ],
  ];
  test.each(renamings)("reaches the nodes before it is answered: %s", async (_, rename) => {
    await world.member({ segment: near });
    const before = await revision();
    await rename();
    expect(await revision()).toBe(before + 1);
    expect([await known(near), await known(far)]).toEqual([before + 1, before + 1]);
    await world.admin.call("groups.create", { body: { name: `after-${before}` } });
    expect(await revision()).toBe(before + 1);
  });
});

test("I8: what is no segment is not named, for naming an object makes it", async () => {
  const failure = coordinator.tellMesh(1, ["not/a/segment"]).then(
    () => "",
    (error: unknown) => messageOf(error),
  );
  expect(await failure).toBe("not the name of a segment");
});
