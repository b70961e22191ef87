import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { QuarantineReason, QuarantineWord } from "../../../shared/access/signals/quarantine.ts";
import type { Bindings } from "../../../workers/platform/env.ts";
import { auditObject } from "../../../workers/platform/objects.ts";
import { followToNodes } from "../../../workers/signals/quarantine.ts";
import { enabledTransmitter } from "../../../workers/signals/transmitters.ts";
import { call, createNetwork } from "../hub/world.ts";
import { bindings, startNetwork } from "../login/silent-provider.ts";
import { applyRegistry } from "../registry.ts";
import { caep, deviceOf, risc, signallingProvider } from "./world.ts";

/** What another system says of a person or a device isolates nodes. */

let token = "";
beforeAll(async () => {
  await applyRegistry();
  token = await createNetwork();
  await startNetwork();
});

const seconds = (ms = 0) => Math.floor((Date.now() + ms) / 1_000);

describe("a signal that quarantines, where that was chosen,", () => {
  const statusOf = async (node: string) =>
    (await env.DB.prepare("SELECT status, contained FROM nodes WHERE id = ?").bind(node).first()) as {
      status: string;
      contained: number;
    };
  const quarantined = { status: "quarantined", contained: 1 };
  const approved = { status: "approved", contained: 0 };
  const chosen = ["device-compliance-change", "risk-level-change", "credential-compromise"];
  const risk = (current_level: string, at = seconds()) =>
    caep("risk-level-change", { principal: "USER", current_level, event_timestamp: at });

  test("isolates all nodes of the person, and lets them out by the opposite event; the log says which", async () => {
    const provider = await signallingProvider(token, { quarantines: chosen });
    const { userId } = (await provider.signIn()).principal;
    const [one, two, foreign] = [await deviceOf(userId), await deviceOf(userId), await deviceOf(null)];
    await provider.send(risk("MEDIUM", seconds(-50_000)));
    expect(await statusOf(one.id)).toEqual(approved);
    await provider.send(risk("HIGH", seconds(-40_000)));
    expect(await Promise.all([one, two, foreign].map(({ id }) => statusOf(id)))).toEqual([
      quarantined,
      quarantined,
      approved,
    ]);
    const { rows } = await auditObject(bindings).query({ kinds: ["system"], limit: 200 });
    const entries = rows.flatMap(({ entry }) =>
      entry.kind !== "decision" && entry.action === "node.quarantine" && entry.target === one.id
        ? [entry]
        : [],
    );
    expect(entries).toMatchObject([
      {
        actor: `transmitter:${provider.transmitterId}`,
        detail: { transmitter: provider.transmitter, signal: "risk-level-change", from: "approved" },
      },
    ]);
    // Late good news undoes nothing, nor does late bad news afterwards.
    await provider.send(risk("LOW", seconds(-60_000)));
    expect(await statusOf(one.id)).toEqual(quarantined);
    await provider.send(risk("LOW", seconds(-20_000)));
    expect([await statusOf(one.id), await statusOf(two.id)]).toEqual([approved, approved]);
    await provider.send(risk("HIGH", seconds(-30_000)));
    expect(await statusOf(one.id)).toEqual(approved);
  });

  test("isolates the device that it names and no other, until the last reason is gone", async () => {
    const provider = await signallingProvider(token, { quarantines: chosen });
    const { userId } = (await provider.signIn()).principal;
    const [named, other, foreign] = [await deviceOf(userId), await deviceOf(userId), await deviceOf(null)];
    const compliance = (device: string, current_status: string) => {
      const user = { format: "iss_sub", iss: provider.issuer, sub: provider.claims.sub };
      const sub_id = { format: "complex", user, device: { format: "opaque", id: device } };
      const payload = { current_status, event_timestamp: seconds() };
      return provider.send(caep("device-compliance-change", payload), { sub_id });
    };
    await compliance(foreign.id, "not-compliant");
    await compliance("unheard-of", "not-compliant");
    await compliance(named.name, "not-compliant");
    expect(await Promise.all([named, other, foreign].map(({ id }) => statusOf(id)))).toEqual([
      quarantined,
      approved,
      approved,
    ]);
    await provider.send(risk("HIGH"));
    await compliance(named.id, "compliant");
    expect([await statusOf(named.id), await statusOf(other.id)]).toEqual([quarantined, quarantined]);
    await provider.send(risk("LOW"));
    expect([await statusOf(named.id), await statusOf(other.id)]).toEqual([approved, approved]);
  });

  test("lets out no node that a person quarantined, and goes by a person's release", async () => {
    const provider = await signallingProvider(token, { quarantines: chosen });
    const { userId } = (await provider.signIn()).principal;
    const { id } = await deviceOf(userId);
    const byHand = (what: string) => call(token, "POST", `/nodes/${id}/${what}`);
    expect((await byHand("quarantine")).status).toBe(200);
    await provider.send(risk("HIGH", seconds(-30_000)));
    await provider.send(risk("LOW", seconds(-20_000)));
    expect(await statusOf(id)).toEqual(quarantined);
    expect((await byHand("release")).status).toBe(200);
    await provider.send(risc("credential-compromise", { credential_type: "password" }));
    expect(await statusOf(id)).toEqual(quarantined);
    expect((await byHand("release")).status).toBe(200);
    await provider.send(risk("LOW"));
    expect(await statusOf(id)).toEqual(approved);
    // There is a copy of it.
    await provider.send(risk("HIGH", seconds(1_000)));
    await env.DB.prepare("UPDATE nodes SET contained = 0 WHERE id = ?").bind(id).run();
    await provider.send(risk("LOW", seconds(2_000)));
    expect(await statusOf(id)).toEqual({ status: "quarantined", contained: 0 });
  });

  test("lets out no node that a person keeps in without having released it", async () => {
    const provider = await signallingProvider(token, { quarantines: chosen });
    const { id } = await deviceOf((await provider.signIn()).principal.userId);
    const quarantine = async () => (await call(token, "POST", `/nodes/${id}/quarantine`)).json;
    const held = async () => (await call(token, "GET", `/nodes/${id}`)).json.heldBySignals;
    await provider.send(risk("HIGH", seconds(-40_000)));
    await provider.send(risc("credential-compromise", { credential_type: "password" }));
    const signals = ["credential-compromise", "risk-level-change"].map(
      (reason) => `${provider.transmitter}: ${reason}`,
    );
    expect(await held()).toEqual(signals);
    const status = { status: "quarantined", contained: true, heldBySignals: [] };
    expect(await quarantine()).toMatchObject(status);
    expect(await held()).toEqual([]);
    await provider.send(risk("LOW", seconds(-20_000)));
    await provider.send(risk("HIGH", seconds(-10_000)));
    await provider.send(risk("LOW"));
    expect(await statusOf(id)).toEqual(quarantined);
    expect(await quarantine()).toMatchObject(status);
    const { rows } = await auditObject(bindings).query({ kinds: ["admin"], limit: 200 });
    const entries = rows.flatMap(({ entry }) =>
      entry.kind !== "decision" && entry.action === "node.quarantine" && entry.target === id ? [entry] : [],
    );
    expect(entries).toMatchObject([{ detail: { from: "quarantined", signals } }]);
  });

  test("releases no node for which another reason came up in that moment", async () => {
    const provider = await signallingProvider(token, { quarantines: chosen });
    const { userId } = (await provider.signIn()).principal;
    const { id } = await deviceOf(userId);
    await provider.send(risk("HIGH", seconds(-40_000)));
    const transmitter = await enabledTransmitter(env.DB, provider.transmitterId);
    if (transmitter === null) throw new Error("there is no such transmitter");
    const person = { userId, email: "", role: null, identityId: "", subject: "" };
    const word = (at: number, holds: boolean, reason: QuarantineReason = "risk-level-change") =>
      ({ reason, holds, at }) as const;
    const follow = (to: Bindings, said: QuarantineWord) =>
      followToNodes(to, transmitter, { person, device: null, jti: "j" }, said);
    /** Heeds the other word after the first was decided on, and before it is stored. */
    const meanwhile = (other: () => Promise<unknown>): Bindings => {
      let isFirst = true;
      const batch = async (statements: D1PreparedStatement[]) => {
        const wasFirst = isFirst;
        isFirst = false;
        if (wasFirst) await other();
        return env.DB.batch(statements);
      };
      const db = { prepare: (sql: string) => env.DB.prepare(sql), batch } as unknown as D1Database;
      return { ...bindings, db };
    };
    const now = Date.now();
    const compromise = () => follow(bindings, word(now, true, "credential-compromise"));
    await follow(meanwhile(compromise), word(now, false));
    expect(await statusOf(id)).toEqual(quarantined);
    // The other way round: the reason is noted of a node that is let out in that moment.
    await follow(bindings, word(now + 1, false, "credential-compromise"));
    await follow(bindings, word(now + 2, true));
    const release = () => follow(bindings, word(now + 3, false));
    await follow(meanwhile(release), word(now + 3, true, "credential-compromise"));
    expect(await statusOf(id)).toEqual(quarantined);
  });

  test("isolates every node of a person, however many there are", async () => {
    const provider = await signallingProvider(token, { quarantines: chosen });
    const { userId } = (await provider.signIn()).principal;
    for (let count = 0; count < 101; count++) await deviceOf(userId);
    await provider.send(risk("HIGH"));
    const left = "SELECT count(*) AS n FROM nodes WHERE user_id = ? AND status = 'approved'";
    expect(await env.DB.prepare(left).bind(userId).first("n")).toBe(0);
  });

  test("does nothing to nodes unless that was chosen, and nothing to those of owners unless that was, too", async () => {
    const silent = await signallingProvider(token);
    const { id } = await deviceOf((await silent.signIn()).principal.userId);
    await silent.send(risk("HIGH"));
    expect(await statusOf(id)).toEqual(approved);
    const provider = await signallingProvider(token, { quarantines: chosen });
    const { userId } = (await provider.signIn()).principal;
    await env.DB.prepare("UPDATE users SET role = 'owner' WHERE id = ?").bind(userId).run();
    const own = await deviceOf(userId);
    await provider.send(risk("HIGH"));
    expect(await statusOf(own.id)).toEqual(approved);
    await env.DB.prepare("UPDATE users SET role = NULL WHERE id = ?").bind(userId).run();
  });
});
