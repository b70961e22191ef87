import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { SegmentMeshRpc } from "../../../shared/node/segment-mesh.ts";
import { settleLeftEvents } from "../../../workers/platform/saved-events.ts";
import { answeredBy } from "../../support/objects.ts";
import { newNode } from "../../support/test-node.ts";
import { bindings } from "../hub/world.ts";
import { openWorld, pendingEvents, type World, withoutAudit } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await openWorld();
  // The recorder waits between its attempts; nothing here depends on how long.
  vi.spyOn(globalThis, "setTimeout").mockImplementation(((work: () => void) => {
    queueMicrotask(work);
    return 0;
  }) as unknown as typeof setTimeout);
});
afterEach(() => {
  world.through = bindings;
});

const later = () => settleLeftEvents(bindings, Date.now() + 60_000);

describe("while the audit log is away, what is done keeps its record", () => {
  test("an enrolment: the retry answers once it is recorded", async () => {
    const [node, key] = [await newNode(world.hub), await world.key()];
    world.through = withoutAudit();
    expect((await node.tryEnrol(key)).status).toBe(503);
    expect((await node.tryEnrol(key)).status).toBe(503);
    world.through = bindings;
    const { node: id } = await node.enrol(key);
    expect(await world.recorded("node.enroll", id)).toBe(1);
    await later();
    expect(await world.recorded("node.enroll", id)).toBe(1);
    expect(await pendingEvents()).toBe(0);
    await node.shakeHands();
    expect((await node.poll()).status).toBe(200);
  });

  test("an enrolment that nobody repeats is recorded by whoever keeps house", async () => {
    const [node, key] = [await newNode(world.hub), await world.key()];
    world.through = withoutAudit();
    expect((await node.tryEnrol(key)).status).toBe(503);
    world.through = bindings;
    const id = await env.DB.prepare("SELECT id FROM nodes ORDER BY id DESC").first<string>("id");
    expect(await world.recorded("node.enroll", String(id))).toBe(0);
    await later();
    expect(await world.recorded("node.enroll", String(id))).toBe(1);
  });

  test("a quarantine: both machines are out at once, and the next handshake records it", async () => {
    const first = await world.member();
    const second = first.clone();
    await second.shakeHands();
    world.through = withoutAudit();
    expect((await first.tryHandshake()).status).toBe(503);
    const { data } = await world.admin.call("nodes.get", { params: { node: first.id } });
    expect(data.status).toBe("quarantined");
    world.through = bindings;
    expect((await second.tryHandshake()).code).toBe("node_quarantined");
    expect(await world.recorded("node.quarantine", first.id)).toBe(1);
  });

  test("a logout", async () => {
    const node = await world.member();
    world.through = withoutAudit();
    expect((await node.call("POST", "/agent/v1/logout")).status).toBe(503);
    world.through = bindings;
    await later();
    expect(await world.recorded("node.logout", node.id)).toBe(1);
    expect(await pendingEvents()).toBe(0);
  });

  test("a session that an administrator ends", async () => {
    const id = "usr_01jd0000000000000000000000";
    await env.DB.prepare(
      "INSERT INTO users (id, email, created_at, updated_at) VALUES (?, 'k@example.com', 1, 1)",
    )
      .bind(id)
      .run();
    const killed = () => world.admin.call("sessions.killMany", { body: { by: "user", user: id } });
    world.through = withoutAudit();
    await expect(killed()).rejects.toMatchObject({ status: 503 });
    world.through = bindings;
    await later();
    expect(await world.recorded("session.kill", id)).toBe(1);
  });

  test("the confirmation of a hold: its key completes it, once", async () => {
    const { data: segments } = await world.admin.call("segments.list");
    const segment = segments.items.find(({ name }) => name === "main");
    const confirmed: number[] = [];
    const held = { reason: "peer_loss", revision: 7, heldAt: 1, detail: "", nodes: [] } as const;
    const stub = {
      holds: async () => (confirmed.length > 0 ? [] : [held]),
      confirm: async (revision: number) => confirmed.push(revision) === 1,
    };
    const mesh = answeredBy<SegmentMeshRpc>(stub);
    const confirm = (idempotencyKey: string, revision = 7) =>
      world.admin.call("mesh.confirmHold", {
        params: { segment: "main" },
        body: { revision },
        idempotencyKey,
      });
    world.through = { ...withoutAudit(), SEGMENT_MESH: mesh };
    await expect(confirm("other", 6)).rejects.toMatchObject({ status: 409 });
    await expect(confirm("one")).rejects.toMatchObject({ status: 503 });
    world.through = { ...bindings, SEGMENT_MESH: mesh };
    expect((await confirm("one")).data.items).toEqual([]);
    expect(confirmed[0]).toBe(7);
    expect(await world.recorded("mesh.confirm_hold", segment?.id ?? "")).toBe(1);
  });
});
