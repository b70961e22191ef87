import { describe, expect, it } from "vitest";
import {
  type AgentState,
  agentsInOrder,
  FAILING_MS,
  mayTryAnother,
  SILENT_MS,
} from "../../../shared/connector/choice.ts";
import { headersOfRest, isRest, resumptionOf } from "../../../shared/connector/resume.ts";

const NOW = 1_800_000_000_000;
const agent = (node: string, change: Partial<AgentState> = {}): AgentState => ({
  node,
  weight: 1,
  streams: 0,
  isDraining: false,
  isFull: false,
  heardAt: NOW,
  failingUntil: 0,
  ...change,
});
const order = (...agents: AgentState[]) => agentsInOrder(agents, NOW).map(({ node }) => node);

describe("the choice of an agent", () => {
  it("takes the least loaded one, by its weight", () => {
    expect(order(agent("a", { streams: 3 }), agent("b", { streams: 1 }))).toEqual(["b", "a"]);
    expect(order(agent("a", { streams: 3, weight: 10 }), agent("b"))).toEqual(["a", "b"]);
  });

  it("leaves out who drains, is full or has fallen silent", () => {
    const silent = agent("silent", { heardAt: NOW - SILENT_MS });
    expect(order(agent("drains", { isDraining: true }), agent("full", { isFull: true }), silent)).toEqual([]);
  });

  it("takes who failed of late only when there is nobody else", () => {
    const failing = agent("failing", { failingUntil: NOW + FAILING_MS });
    expect(order(failing, agent("busy", { streams: 900 }))).toEqual(["busy", "failing"]);
    expect(order(agent("failed", { failingUntil: NOW }), agent("busy", { streams: 1 }))).toEqual([
      "failed",
      "busy",
    ]);
  });

  it.each<[string, boolean, string, boolean]>([
    ["unreachable", false, "POST", true],
    ["unreachable", true, "POST", false],
    ["overloaded", false, "DELETE", true],
    ["lost", false, "GET", true],
    ["lost", false, "POST", false],
    ["lost", true, "GET", false],
    ["refused", false, "GET", false],
    ["malformed", false, "GET", false],
  ])("after %s (body read: %s) %s goes to another: %s", (reason, isBodyTouched, method, may) => {
    expect(mayTryAnother({ reason, isBodyTouched }, method)).toBe(may);
  });
});

describe("a download that broke off", () => {
  const headers = (all: Record<string, string>) => ({ get: (name: string) => all[name] ?? null });
  const FILE = { etag: '"v1"', "content-length": "100", "accept-ranges": "bytes" };

  it("goes on behind the last byte that came", () => {
    const resumption = resumptionOf(200, headers(FILE));
    if (!resumption) throw new Error("it can't be resumed");
    expect(headersOfRest(resumption, 40)).toEqual([
      ["range", "bytes=40-99"],
      ["if-range", '"v1"'],
    ]);
    const rest = headers({ etag: '"v1"', "content-range": "bytes 40-99/100" });
    expect(isRest(resumption, 40, 206, rest)).toBe(true);
    const ofPart = resumptionOf(206, headers({ etag: '"v1"', "content-range": "bytes 10-29/100" }));
    expect(ofPart && headersOfRest(ofPart, 5)[0]).toEqual(["range", "bytes=15-29"]);
  });

  it.each<[string, number, Record<string, string>]>([
    ["a weak tag", 200, { ...FILE, etag: 'W/"v1"' }],
    ["no tag", 200, { "content-length": "100", "accept-ranges": "bytes" }],
    ["no length", 200, { etag: '"v1"', "accept-ranges": "bytes" }],
    ["no ranges", 200, { etag: '"v1"', "content-length": "100" }],
    ["a coding", 200, { ...FILE, "content-encoding": "gzip" }],
    ["an error", 404, FILE],
    ["several ranges", 206, { etag: '"v1"', "content-type": "multipart/byteranges" }],
  ])("stays broken with %s", (_, status, all) => {
    expect(resumptionOf(status, headers(all))).toBeNull();
  });

  it.each<[string, number, Record<string, string>]>([
    ["the whole file again", 200, { etag: '"v1"' }],
    ["another version", 206, { etag: '"v2"', "content-range": "bytes 40-99/100" }],
    ["another part", 206, { etag: '"v1"', "content-range": "bytes 41-99/100" }],
    ["a shorter part", 206, { etag: '"v1"', "content-range": "bytes 40-98/100" }],
    ["coded bytes", 206, { etag: '"v1"', "content-range": "bytes 40-99/100", "content-encoding": "br" }],
  ])("does not go on with %s", (_, status, all) => {
    expect(isRest({ etag: '"v1"', start: 0, last: 99 }, 40, status, headers(all))).toBe(false);
  });
});
