import { describe, expect, it } from "vitest";
import type { AuditRow } from "../../../shared/audit/types.ts";
import { batchBody } from "../../../shared/logs/batch.ts";

const AT = 1_800_000_000_123;
const DENIAL = {
  ...{ kind: "decision", id: "dec_1", at: AT, decision: "deny", reason: "default_deny", epoch: 4 },
  ...{ appId: "app_1", appName: "wiki", sessionId: null, determining: [], erroring: [] },
  facts: {
    principal: { type: "ServiceToken", id: "svc_1", name: "ci", groups: ["robots"] },
    request: { method: "GET", host: "wiki.example.com", path: "/a" },
    network: { ip: "192.0.2.1", country: null, asn: 64_500 },
    ...{ action: "read", resource: { app: "wiki", segment: "main", tags: [] }, authentication: null },
    ...{ device: null, risk: 0.5, now: AT },
  },
};
const EVENT = {
  ...{ kind: "admin", id: "aud_1", at: AT, actor: "user:usr_1", action: "app.create", target: "app_1" },
  ...{ person: { id: "usr_1", email: "a@example.com" }, detail: { name: "wiki" } },
};
const ROWS = [
  { leaf: 7, entry: DENIAL },
  { leaf: 9, entry: EVENT },
] as unknown as AuditRow[];

describe("a batch of the log", () => {
  it("in lines of JSON is one line for each entry, whole and with its number", () => {
    const { body, type } = batchBody("ndjson", ROWS, "acme", AT);
    expect(type).toBe("application/x-ndjson");
    expect(body.endsWith("\n")).toBe(true);
    expect(
      body
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual(ROWS);
  });

  it("for OpenTelemetry has texts for 64-bit numbers, and values of the kinds that the protocol knows", () => {
    const { body, type } = batchBody("otlp", ROWS, "acme", AT + 1);
    expect(type).toBe("application/json");
    const { resourceLogs } = JSON.parse(body);
    expect(resourceLogs).toHaveLength(1);
    expect(resourceLogs[0].resource.attributes).toContainEqual({
      key: "service.namespace",
      value: { stringValue: "acme" },
    });
    const [denial, event] = resourceLogs[0].scopeLogs[0].logRecords;
    expect(denial).toMatchObject({
      timeUnixNano: "1800000000123000000",
      observedTimeUnixNano: "1800000000124000000",
      severityNumber: 13,
      eventName: "rustronaut.decision",
    });
    expect(denial.attributes).toContainEqual({ key: "rustronaut.leaf", value: { intValue: "7" } });
    expect(denial.attributes).toContainEqual({ key: "user.name", value: { stringValue: "ci" } });
    expect(denial.attributes.map(({ key }: { key: string }) => key)).not.toContain("session.id");
    const facts = denial.body.kvlistValue.values.find(({ key }: { key: string }) => key === "facts");
    expect(facts.value.kvlistValue.values).toContainEqual({ key: "risk", value: { doubleValue: 0.5 } });
    expect(event).toMatchObject({ severityNumber: 9, eventName: "rustronaut.app.create" });
    expect(event.attributes).toContainEqual({ key: "log.record.uid", value: { stringValue: "aud_1" } });
    expect(body).not.toContain("null");
  });
});
