import { createExecutionContext, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { hashSecret } from "../../../shared/access/login/secret-hash.ts";
import { formatSessionCookie } from "../../../shared/access/login/session-cookie.ts";
import type { DecisionEntry } from "../../../shared/audit/types.ts";
import type { UpstreamFault } from "../../../shared/http/upstream-fault.ts";
import { serveGateway } from "../../../workers/gateway/index.ts";
import type { Outgoing, Upstream } from "../../../workers/gateway/upstream.ts";
import { checkBindings } from "../../../workers/platform/env.ts";
import { auditObject } from "../../../workers/platform/objects.ts";
import { applyRegistry } from "../registry.ts";
import { named, owner } from "../sessions/world.ts";

/** What was sent to the upstream of the test's own kind, and what it answers. */
const sent: { readonly outgoing: Outgoing; readonly signal: AbortSignal }[] = [];
let answerWith: () => Response | UpstreamFault;

/** No app can have such an upstream yet: it is put where one is chosen, and everything around it is real. */
const upstream: Upstream = {
  kind: "connector",
  origin: "http://10.9.8.7:8080",
  open: async (outgoing, signal) => {
    sent.push({ outgoing, signal });
    return answerWith();
  },
};

const SEGMENT = "seg_00000000000000000000000000";
const OWNER = `${SEGMENT}/weur/0`;
const HOST = "wiki.localhost";
const POLICY = [
  {
    id: "all#1",
    policy: {
      effect: "permit",
      principal: { op: "All" },
      action: { op: "All" },
      resource: { op: "All" },
      conditions: [
        {
          kind: "unless",
          body: {
            "==": {
              left: { ".": { left: { ".": { left: { Var: "context" }, attr: "request" } }, attr: "path" } },
              right: { Value: "/secret" },
            },
          },
        },
      ],
    },
  },
];

beforeAll(async () => {
  await applyRegistry();
  const at = [1, 1, 1] as const;
  await env.DB.batch([
    env.DB.prepare(
      "INSERT INTO segments (id, name, created_at, updated_at, version) VALUES (?, 'main', ?, ?, ?)",
    ).bind(SEGMENT, ...at),
    env.DB.prepare(
      `INSERT INTO apps (id, name, title, host, segment_id, created_at, updated_at, version)
       VALUES ('app_1', 'wiki', 'Wiki', ?, ?, ?, ?, ?)`,
    ).bind(HOST, SEGMENT, ...at),
    ...["one", "two"].map((name, position) =>
      env.DB.prepare(
        `INSERT INTO upstreams (id, app_id, url, position, created_at, updated_at)
         VALUES (?, 'app_1', ?, ?, 1, 1)`,
      ).bind(`ups_${name}`, `https://${name}.example`, position),
    ),
    env.DB.prepare(
      `INSERT INTO policies (id, name, current_version, created_at, updated_at, version)
       VALUES ('pol_1', 'all', 1, ?, ?, ?)`,
    ).bind(...at),
    env.DB.prepare(
      `INSERT INTO policy_versions (policy_id, number, source, compiled, author, created_at)
       VALUES ('pol_1', 1, '', ?, 'test', 1)`,
    ).bind(JSON.stringify(POLICY)),
  ]);
});

beforeEach(() => {
  sent.length = 0;
});

/** A session of its own for each test, and the cookie that proves it. */
async function signedIn(name: string) {
  const secret = name.padEnd(43, "A");
  await owner(OWNER).rpc.create(named(name, { secretHash: hashSecret(secret) }));
  return `__Host-rn_s=${formatSessionCookie(OWNER, secret)}`;
}

const ask = (path: string, headers: Readonly<Record<string, string>>, init: RequestInit = {}) =>
  askOf([upstream], path, headers, init);

function askOf(
  upstreams: Upstream[],
  path: string,
  headers: Readonly<Record<string, string>>,
  init: RequestInit,
) {
  const request = new Request(`http://${HOST}${path}`, { ...init, headers: { host: HOST, ...headers } });
  return serveGateway(request, checkBindings(env), createExecutionContext(), () => upstreams);
}

/** Waits until the session's object holds a kill line, and ends the session. */
async function endOnceWatched(name: string) {
  const { stub, rpc } = owner(OWNER);
  await expect
    .poll(() => runInDurableObject(stub, (_, ctx) => ctx.getWebSockets().length))
    .toBeGreaterThan(0);
  await rpc.end({ by: "session", id: `ses_${name}` }, "killed_by_admin");
}

async function recorded(path: string): Promise<DecisionEntry | undefined> {
  const { rows } = await auditObject(checkBindings(env)).query({ kinds: ["decision"], limit: 100 });
  return rows.map(({ entry }) => entry as DecisionEntry).find(({ facts }) => facts.request.path === path);
}

describe("I8: an upstream of another kind than an origin", () => {
  it("gets what is scrubbed, with the caller's proof, and its answer is scrubbed", async () => {
    answerWith = () =>
      new Response("hello", {
        status: 302,
        headers: [
          ["location", "http://10.9.8.7:8080/next"],
          ["set-cookie", "__Host-rn_s=planted; Path=/; Secure"],
          ["set-cookie", "own=1"],
          ["connection", "x-hop"],
          ["x-hop", "1"],
        ],
      });
    const cookie = await signedIn("scrubbed");
    const forged = { "x-rustronaut-jwt-assertion": "forged", "x-forwarded-for": "192.0.2.99" };
    const answer = await ask("/reports?a=1", { ...forged, cookie: `${cookie}; own=2`, "x-kept": "yes" });
    expect(answer.status).toBe(302);
    expect(answer.headers.get("location")).toBe(`http://${HOST}/next`);
    expect(answer.headers.getSetCookie().map((each) => each.split(";")[0])).toEqual(["own=1"]);
    const [only] = sent;
    expect(sent).toHaveLength(1);
    expect(only?.outgoing.target).toBe("/reports?a=1");
    const headers = new Headers(only?.outgoing.headers as [string, string][]);
    expect([headers.get("cookie"), headers.get("x-kept")]).toEqual(["own=2", "yes"]);
    expect(headers.get("x-rustronaut-jwt-assertion")?.split(".")).toHaveLength(3);
    expect(headers.get("x-forwarded-for") ?? "").not.toContain("192.0.2.99");
    await expect.poll(async () => (await recorded("/reports"))?.decision).toBe("allow");
    expect(await recorded("/reports")).toMatchObject({ appId: "app_1", determining: ["all#1"] });
  });

  it("is never asked for what is denied, and the denial is recorded", async () => {
    const answer = await ask("/secret", { cookie: await signedIn("denied") });
    expect(answer.status).toBe(403);
    expect(sent).toEqual([]);
    await expect.poll(async () => (await recorded("/secret"))?.decision).toBe("deny");
  });

  it("that has no answer is tried again where that changes nothing, and the reader learns why", async () => {
    answerWith = () => "lost";
    const cookie = await signedIn("faulty");
    const answer = await ask("/", { cookie });
    expect([answer.status, answer.headers.get("x-rustronaut-response")]).toEqual([
      502,
      "upstream_unreachable",
    ]);
    expect(sent).toHaveLength(2);
    await ask("/", { cookie }, { method: "POST", body: "once" });
    expect(sent).toHaveLength(3);
  });

  it("that gave no answer twice comes last, and what may not be sent again goes to the other one", async () => {
    const asked: string[] = [];
    const at = (name: string, answers: () => Response | UpstreamFault): Upstream => ({
      kind: "public",
      origin: `https://${name}.example`,
      open: async () => {
        asked.push(name);
        return answers();
      },
    });
    let isDown = true;
    const two = [
      at("one", () => (isDown ? "lost" : new Response("one"))),
      at("two", () => new Response("two")),
    ];
    const cookie = await signedIn("several");
    const send = async (method: string) => {
      const init = method === "POST" ? { method, body: "once" } : {};
      const answer = await askOf(two, "/", { cookie }, init);
      return [answer.status, await answer.text()];
    };
    const failed = await send("POST");
    expect(failed[0]).toBe(502);
    expect(failed[1]).toContain("One of its 2 upstreams");
    expect(await send("GET")).toEqual([200, "two"]);
    isDown = false;
    // The first one rests: nobody knows that it is back.
    expect(await send("POST")).toEqual([200, "two"]);
    expect(asked).toEqual(["one", "one", "two", "two"]);
  });

  it("is cut in mid-stream when the session ends", async () => {
    answerWith = () => {
      const readable = new ReadableStream({
        start: (controller) => {
          const say = (word: string) => controller.enqueue(new TextEncoder().encode(`data: ${word}\n\n`));
          say("first");
          // It takes no notice of the cut, and goes on.
          sent[0]?.signal.addEventListener("abort", () => say("late"));
        },
      });
      return new Response(readable, { headers: { "content-type": "text/event-stream" } });
    };
    const answer = await ask("/events", { cookie: await signedIn("streamed") });
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toBe("data: first\n\n");
    await endOnceWatched("streamed");
    expect(await reader?.read()).toEqual({ done: true, value: undefined });
    expect(sent[0]?.signal.aborted).toBe(true);
  });

  it("speaks over a WebSocket until the session ends", async () => {
    answerWith = () => {
      const { 0: client, 1: server } = new WebSocketPair();
      server.accept();
      server.addEventListener("message", ({ data }) => server.send(`echo ${String(data)}`));
      return new Response(null, { status: 101, webSocket: client });
    };
    const headers = { upgrade: "websocket", origin: `http://${HOST}`, cookie: await signedIn("socket") };
    const { webSocket } = await ask("/socket", headers);
    const closed = new Promise<number>((resolve) => {
      webSocket?.addEventListener("close", ({ code }) => resolve(code));
    });
    const echoed = new Promise((resolve) => {
      webSocket?.addEventListener("message", ({ data }) => resolve(data));
    });
    webSocket?.accept();
    webSocket?.send("hello");
    expect(await echoed).toBe("echo hello");
    await endOnceWatched("socket");
    expect(await closed).toBe(4401);
  });
});
