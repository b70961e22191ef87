import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DeviceCheck, digestOf, parseDeviceCheck } from "../../../shared/node/config/device-check.ts";
import {
  challengeOf,
  enrolDevice,
  formOf,
  hubOf,
  openOn,
  proofOf,
  reportPosture,
  showProof,
} from "../../support/device.ts";
import type { System } from "../../support/harness.ts";
import type { TestHub, TestNode } from "../../support/node-client.ts";
import { endsOf, openEach } from "../../support/streams.ts";
import { Visitor } from "../../support/visitor.ts";

/** Streams of a session that rests on a device, and what cuts them. @param given The system that runs. */
export function deviceSessionTests(given: () => System): void {
  let system: System;
  beforeAll(() => {
    system = given();
  });
  const host = () => `app.localhost:${system.port}`;

  describe("of a session that rests on a device", () => {
    const NEEDED = `context has device && context.device.claims.diskEncrypted && context.device.claims.age < 300
      && context.device.claims.checks.contains("edr:present")`;
    const CHECK = "edr = process edrd";
    const answering = (result: string) => ({
      checks: [{ name: "edr", of: digestOf(parseDeviceCheck(CHECK) as DeviceCheck), result }],
    });
    async function setChecks(deviceChecks: string[]) {
      const { etag } = await system.admin.call("segments.get", { params: { segment: "main" } });
      await system.admin.call("segments.update", {
        params: { segment: "main" },
        body: { deviceChecks },
        ifMatch: etag ?? "",
      });
    }
    async function openedOnDevice() {
      const node = await enrolDevice(system, hub);
      await reportPosture(node, answering("present"));
      const visitor = new Visitor();
      const opened = await openOn(node, system, visitor, `${system.appOrigin}/`, "alice");
      expect(opened.status, opened.text).toBe(200);
      return {
        node,
        visitor,
        streams: await openEach(system, host(), visitor.cookieHeader(system.appOrigin)),
      };
    }
    let hub: TestHub;
    let policy: { readonly id: string };
    beforeAll(async () => {
      hub = await hubOf(system);
      await setChecks([CHECK]);
      const source = `forbid (principal, action, resource == App::"app") unless { ${NEEDED} };`;
      policy = (await system.admin.call("policies.create", { body: { name: "device", source } })).data;
    });
    afterAll(async () => {
      const { etag } = await system.admin.call("policies.get", { params: { policy: policy.id } });
      await system.admin.call("policies.delete", { params: { policy: policy.id }, ifMatch: etag ?? "" });
    });
    const change = async (node: TestNode, body: object) => {
      const { etag } = await system.admin.call("nodes.get", { params: { node: node.id } });
      await system.admin.call("nodes.update", { params: { node: node.id }, body, ifMatch: etag ?? "" });
    };
    const causes: [string, (node: TestNode) => Promise<unknown>][] = [
      ["the device out of compliance", (node) => reportPosture(node, { diskEncrypted: false })],
      ["what can't be found out any more", (node) => reportPosture(node, { diskEncrypted: null })],
      ["posture that grew too old", (node) => reportPosture(node, {}, 298_500)],
      ["a check that finds nothing any more", (node) => reportPosture(node, answering("absent"))],
      ["a check that is not answered any more", (node) => reportPosture(node, { checks: [] })],
      ["the device revoked", (node) => system.admin.call("nodes.revoke", { params: { node: node.id } })],
      ["the device given to somebody else", (node) => change(node, { user: "second@example.com" })],
    ];
    it("a check that was changed, until the machine has answered it", async () => {
      const { node, streams } = await openedOnDevice();
      await setChecks(["edr = file /usr/bin/other"]);
      expect(await endsOf(streams)).toEqual({ socket: 4403, events: null, download: null });
      const { data } = await system.admin.call("nodes.get", { params: { node: node.id } });
      expect(data.live?.checks).toEqual([{ check: "edr = file /usr/bin/other", result: null }]);
      await setChecks([CHECK]);
    });

    it("no proof but a fresh one of the person's own device counts", async () => {
      const visitor = new Visitor();
      const page = await visitor.visit(`${system.appOrigin}/`, "alice");
      const form = formOf(page.response.text);
      if (!form) throw new Error(`no page asks for a proof: ${page.response.text}`);
      const [own, foreign] = [
        await enrolDevice(system, hub),
        await enrolDevice(system, hub, "second@example.com"),
      ];
      const put = await enrolDevice(system, hub);
      await system.admin.call("nodes.revoke", { params: { node: put.id } });
      const { challenge } = form;
      const at = system.authOrigin;
      const elsewhere = new Visitor();
      const other = formOf((await elsewhere.visit(`${system.appOrigin}/`, "alice")).response.text);
      const show = async (
        proof: object,
        fields: Partial<typeof form> = {},
        headers: Record<string, string> = {},
      ) => {
        const shown = { a: form.a, csrf: form.csrf, ...fields, proof: JSON.stringify(proof) };
        const { status, headers: answered } = await showProof(system, visitor, shown, headers);
        return [status, answered["x-rustronaut-response"]];
      };
      const refused = [403, "device_proof_refused"];
      const good = await proofOf(own, challenge, at);
      expect(await show(await proofOf(own, challenge, "https://auth.example.com"))).toEqual(refused);
      expect(await show(await proofOf(own, challenge, at, foreign.signing))).toEqual(refused);
      expect(await show(await proofOf(own, other?.challenge ?? "", at))).toEqual(refused);
      expect(await show(await proofOf(own, "x".repeat(60), at))).toEqual(refused);
      expect(await show({ ...good, more: 1 })).toEqual(refused);
      expect(await show(good, { csrf: other?.csrf ?? "" })).toEqual([403, "csrf_rejected"]);
      expect(await show(good, {}, { "sec-fetch-site": "same-site" })).toEqual([403, "csrf_rejected"]);
      expect(await show(good)).toEqual([200, "device_proven"]);
      expect(await show(good)).toEqual(refused);
      for (const [node, challenge] of [
        [foreign, await challengeOf(system, visitor)],
        [put, await challengeOf(system, visitor)],
      ] as const) {
        const { a, csrf } = challenge;
        expect(await show(await proofOf(node, challenge.challenge, at), { a, csrf })).toEqual(refused);
      }
      const sessions = await system.admin.call("audit.list", { query: { limit: 200 } });
      const reasons = sessions.data.items.flatMap(({ entry }) =>
        entry.kind !== "decision" && entry.action === "session.device_refused"
          ? [(entry.detail as { reason?: string }).reason]
          : [],
      );
      expect(reasons.reverse().slice(-8)).toEqual([
        "signature_invalid",
        "signature_invalid",
        "challenge_expired",
        "challenge_expired",
        "malformed",
        "replayed",
        "other_owner",
        "not_approved",
      ]);
    });

    it.each(causes)("%s", async (_name, cause) => {
      const { node, visitor, streams } = await openedOnDevice();
      await cause(node);
      expect(await endsOf(streams)).toEqual({ socket: 4403, events: null, download: null });
      const again = await visitor.get(`${system.appOrigin}/`, { "sec-fetch-mode": "cors" });
      expect(again.status).toBe(403);
    });

    it("the facts of a system that manages devices, stated and taken back", async () => {
      const node = await enrolDevice(system, hub);
      await reportPosture(node, answering("present"));
      const state = (facts: string[]) =>
        system.admin.call("nodes.state", {
          params: { node: node.id },
          body: { by: "intune", facts },
        });
      await state(["compliant"]);
      const { etag } = await system.admin.call("policies.get", { params: { policy: policy.id } });
      const stated = `${NEEDED} && context.device.stated.contains("intune:compliant")`;
      const source = `forbid (principal, action, resource == App::"app") unless { ${stated} };`;
      await system.admin.call("policies.publish", {
        params: { policy: policy.id },
        body: { source },
        ifMatch: etag ?? "",
      });
      const visitor = new Visitor();
      const opened = await openOn(node, system, visitor, `${system.appOrigin}/`, "alice");
      expect(opened.status, opened.text).toBe(200);
      const streams = await openEach(system, host(), visitor.cookieHeader(system.appOrigin));
      const { data } = await state([]);
      expect(data.stated).toEqual([]);
      expect(await endsOf(streams)).toEqual({ socket: 4403, events: null, download: null });
    });
  });
}
