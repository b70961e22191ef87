import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { applyNetwork } from "../../../scripts/local/admin.ts";
import { attack } from "../../support/attack.ts";
import { closeServer, type System, startSystem } from "../../support/harness.ts";
import { rawRequest } from "../../support/raw.ts";

/** What HTTP asks of whoever stands between two others (RFC 9110). Everybody may use these apps. */

let system: System;
let keeper: Server;
/** What each request brought, and over which connection. */
let seen: { readonly socket: Socket; readonly text: string }[] = [];
/** Connections whose client has signed in, as NTLM does it. */
const signedIn = new WeakSet<Socket>();

beforeAll(async () => {
  keeper = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => keeper.listen(0, "127.0.0.1", resolve));
  const upstream = `127.0.0.1:${(keeper.address() as AddressInfo).port}`;
  system = await startSystem({
    withoutDashboard: true,
    developmentHosts: [upstream],
    policies: [{ name: "all", source: "permit (principal, action, resource);" }],
  });
  const app = { segment: "main", settings: { anonymous: true } };
  await applyNetwork(system.admin, {
    version: 1,
    apps: [{ name: "keeper", host: "keeper.localhost", upstreams: [`http://${upstream}`], ...app }],
  });
});
afterAll(async () => {
  closeServer(keeper);
  await system.stop();
});
beforeEach(() => {
  seen = [];
});

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { socket, method, url, rawHeaders } = request;
  seen.push({ socket, text: [method, url, ...rawHeaders].join("\n") });
  switch (url) {
    case "/signed-in":
      if (/^(?:ntlm|negotiate)/i.test(request.headers.authorization ?? "")) signedIn.add(socket);
      response.setHeader("www-authenticate", ["NTLM", "Negotiate", 'Basic realm="a"']);
      if (signedIn.has(socket)) whole(response, 200, "Alice");
      else whole(response, 401, "nobody");
      break;
    default:
      whole(response, 200, "ok");
  }
}

const whole = (response: ServerResponse, status: number, body: string, headers = {}) =>
  response.writeHead(status, { "content-length": body.length, ...headers }).end(body);

const send = (target: string, { method = "GET", lines = [] as readonly string[], body = "" } = {}) =>
  attack(system, rawRequest(target, `keeper.localhost:${system.port}`, lines, method) + body);

describe("G3: an application that signs in connections", () => {
  it("is not told who does, and does not take the next caller for the one before", async () => {
    for (const lines of [["Authorization: NTLM TlRMTVNTUAAB"], ["Authorization: Negotiate YII="], []]) {
      const { status, body, header } = await send("/signed-in", { lines });
      expect([status, body, header("www-authenticate")]).toEqual([401, "nobody", 'Basic realm="a"']);
    }
    expect(new Set(seen.map(({ socket }) => socket)).size).toBe(1);
    expect(seen.map(({ text }) => text).join()).not.toMatch(/authorization/i);
  });
});
