import { describe, expect, it } from "vitest";
import { assess } from "../../../shared/access/assess.ts";
import { NO_STANDING } from "../../../shared/access/grade/grade.ts";
import { compilePolicies } from "../../../shared/access/policy/index.ts";
import { UNKNOWN_NETWORK } from "../../../shared/access/policy/request.ts";
import { readQuestion } from "../../../shared/access/question.ts";
import { DEFAULT_APP_SETTINGS } from "../../../shared/registry/app-settings.ts";
import { jsonOf } from "./policy/support.ts";

const ANYONE = {
  principal: { type: "Anonymous" },
  authentication: null,
  device: null,
  standing: NO_STANDING,
} as const;
const HOST = { host: "wiki.example" };

/** Everything is open but what is below `/secret`, and nothing below `/kept` may be deleted. */
const POLICIES = compilePolicies(
  [
    "permit (principal, action, resource);",
    `forbid (principal, action, resource) when { context.request.path like "/secret*" };`,
    `forbid (principal, action == Action::"delete", resource) when { context.request.path like "/kept*" };`,
    `forbid (principal, action == Action::"read", resource) when { context.request.path like "/blind*" };`,
  ].map((source, i) => ({ id: `p#${i + 1}`, policy: jsonOf(source) })),
);

function ask(
  method: string,
  target: string,
  headers: Readonly<Record<string, string>>,
  methodOverride = false,
  methodField = false,
) {
  const app = {
    ...{
      id: "app_1",
      name: "wiki",
      title: "Wiki",
      host: "wiki.example",
      hosts: ["wiki.example"],
      upstreams: [],
      through: [],
    },
    ...{ segmentId: "seg_1", segmentName: "main", tags: [] },
    settings: { ...DEFAULT_APP_SETTINGS, methodOverride, methodField },
  };
  const all: Record<string, string> = { ...HOST, ...headers };
  const asked = { method, headers: { get: (name: string) => all[name] ?? null }, network: UNKNOWN_NETWORK };
  const question = readQuestion(asked, app, target);
  if (!question.ok) return { outcome: question.error.code, sent: {} };
  const { decision } = assess(question.value, ANYONE, POLICIES, 0);
  const sent = question.value.rewritten.map(({ name, parts }) => [name, parts.join("http://up:8080")]);
  return { outcome: decision.decision, sent: Object.fromEntries(sent) };
}

describe("G5: a second resource is judged too", () => {
  it.each([
    ["MOVE", "/public/a", { destination: "https://wiki.example/secret/b" }, "deny"],
    ["MOVE", "/public/a", { destination: "/secret/b" }, "deny"],
    ["MOVE", "/public/a", { destination: "http://WIKI.example:80/%73ecret/b" }, "deny"],
    ["COPY", "/public/a", { destination: "/x/../secret/b" }, "deny"],
    ["COPY", "/public/a", { destination: "/public//b" }, "allow"],
    ["MOVE", "/secret/a", { destination: "/public/b" }, "deny"],
    ["PUT", "/public/a", { destination: "/secret/b" }, "deny"],
    ["MOVE", "/kept/a", { destination: "/public/b" }, "deny"],
    ["COPY", "/kept/a", { destination: "/public/b" }, "allow"],
    ["COPY", "/blind/a", { destination: "/public/b" }, "deny"],
    ["MOVE", "/blind/a", { destination: "/public/b" }, "deny"],
    ["COPY", "/public/a", { destination: "/kept/b" }, "deny"],
    ["COPY", "/public/a", { destination: "/kept/b", overwrite: "T" }, "deny"],
    ["COPY", "/public/a", { destination: "/kept/b", overwrite: "F" }, "allow"],
    ["COPY", "/public/a", { destination: "/blind/b", overwrite: "F" }, "allow"],
    ["MOVE", "/public/a", { destination: "https://evil.example/b" }, "foreign_resource"],
    ["MOVE", "/public/a", { destination: "https://wiki.example@evil.example/b" }, "foreign_resource"],
    ["MOVE", "/public/a", { destination: "https://wiki.example:8443/b" }, "foreign_resource"],
    ["MOVE", "/public/a", { destination: "HTTPS://Wiki.Example./public/b" }, "allow"],
    ["MOVE", "/public/a", { destination: "https://%77iki.example/public/b" }, "foreign_resource"],
    ["MOVE", "/public/a", { destination: "https:///public/b" }, "foreign_resource"],
    ["MOVE", "/public/a", { destination: "public/b" }, "invalid_target"],
    ["MOVE", "/public/a", { destination: "/public/b", connection: "Destination" }, "allow"],
    ["COPY", "/public/a", { destination: "/kept/b", overwrite: "F", connection: "close, OVERWRITE" }, "deny"],
    ["MOVE", "/public/a", { destination: "//evil.example/b" }, "invalid_target"],
    ["MOVE", "/public/a", { destination: "ftp://wiki.example/b" }, "invalid_target"],
    ["MOVE", "/public/a", { destination: "/public/b, /secret/b" }, "invalid_target"],
    ["MOVE", "/public/a", { destination: "/%2573ecret/b" }, "invalid_target"],
    ["MOVE", "/public/a", { destination: "/.rustronaut/x" }, "not_found"],
    ["GET", "/public/a", { destination: "Amsterdam" }, "allow"],
    ["LOCK", "/public/a", { if: "</secret/b> (<urn:uuid:1>)" }, "deny"],
    ["GET", "/public/a", { if: `<https://wiki.example/secret/b> (["etag"])` }, "deny"],
    ["PUT", "/public/a", { if: `(<urn:uuid:1>) (Not <DAV:no-lock> ["a)<"])` }, "allow"],
    ["PUT", "/public/a", { if: `</public/a> (<urn:uuid:1>) </secret/b> ([W/"x"])` }, "deny"],
    ["PUT", "/public/a", { if: "<https://evil.example/b> (<urn:uuid:1>)" }, "foreign_resource"],
    ["PUT", "/public/a", { if: "<urn:uuid:1" }, "invalid_target"],
    ["PUT", "/public/a", { "x-amz-copy-source": "/secret/b" }, "deny"],
    ["PUT", "/public/a", { "x-amz-copy-source": "secret%2Fb?versionId=1" }, "deny"],
    ["PUT", "/public/a", { "x-amz-copy-source": "/bucket/%73ecret/b" }, "deny"],
    ["PUT", "/public/a", { "x-amz-copy-source": "/bucket/x/../../secret/b" }, "deny"],
    ["PUT", "/public/a", { "x-amz-copy-source": "/public/b" }, "allow"],
    ["PUT", "/public/a", { "x-amz-copy-source": "/blind/b" }, "deny"],
    ["PUT", "/public/a", { "x-copy-from": "secret/b" }, "deny"],
    ["PUT", "/public/a", { "x-ms-rename-source": "/kept/b" }, "deny"],
    ["PUT", "/public/a", { "x-ms-copy-source": "https://wiki.example/secret/b" }, "deny"],
    ["PUT", "/public/a", { "x-ms-copy-source": "https://evil.example/b" }, "foreign_resource"],
    ["BIND", "/public", {}, "method_not_allowed"],
    ["REBIND", "/public", {}, "method_not_allowed"],
    ["UNBIND", "/public", {}, "method_not_allowed"],
  ])("%s %s with %j: %s", (method, target, headers, outcome) => {
    expect(ask(method, target, headers).outcome).toBe(outcome);
  });

  it("names it to the upstream by the upstream's host, in the spelling that was judged", () => {
    const destination = "https://wiki.example/a/./b?x=1";
    expect(ask("COPY", "/a", { destination }).sent).toEqual({ destination: "http://up:8080/a/b?x=1" });
    const condition = `</a/b> (<urn:uuid:1>) (["x"])  <https://wiki.example/c> (<urn:uuid:2>)`;
    expect(ask("PUT", "/a", { if: condition }).sent).toEqual({
      if: `<http://up:8080/a/b> (<urn:uuid:1>) (["x"]) <http://up:8080/c> (<urn:uuid:2>)`,
    });
    expect(ask("PUT", "/a", { if: "(<urn:uuid:1>)" }).sent).toEqual({});
  });

  it("names what an object store copies from as it was judged", () => {
    const sentFor = (value: string) => ask("PUT", "/a", { "x-amz-copy-source": value }).sent;
    expect(sentFor("b%2fc%20d?versionId=1")).toEqual({ "x-amz-copy-source": "b/c%20d?versionId=1" });
    expect(sentFor("/b/./c")).toEqual({ "x-amz-copy-source": "/b/c" });
  });

  it("counts only what is forwarded: Connection may name what says less", () => {
    const sent = { "content-type": "text/plain", connection: "content-type" };
    expect(ask("POST", "/kept/a", sent, false, true).outcome).toBe("deny");
    expect(ask("POST", "/kept/a", { "content-type": "text/plain" }, false, true).outcome).toBe("allow");
  });

  it("counts where the method comes by a header", () => {
    const headers = { destination: "/secret/b", "x-http-method-override": "MOVE" };
    expect(ask("GET", "/public/a", headers, true).outcome).toBe("deny");
    expect(ask("POST", "/public/a", { "x-http-method-override": "BIND" }, true).outcome).toBe(
      "method_not_allowed",
    );
  });
});
