import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import type { HubConnection } from "../../../../agent/hub/connection.ts";
import type { Way } from "../../../../agent/hub/http.ts";
import { Push } from "../../../../agent/parts/push.ts";
import { nodeView, type Seen } from "./node-view.ts";

describe("I8: the socket for hints", () => {
  let server: WebSocketServer;
  let push: Push;
  let seen: Seen;
  const sockets: WebSocket[] = [];

  beforeEach(async () => {
    server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    await once(server, "listening");
    sockets.length = 0;
    server.on("connection", (socket) => sockets.push(socket));
    const { port } = server.address() as AddressInfo;
    const given = nodeView({
      hub: `http://127.0.0.1:${port}`,
      way: { socketOptions: {} } as unknown as Way,
      connection: { session: async () => ({ headersFor: async () => ({}) }) } as unknown as HubConnection,
    });
    push = new Push(given.node);
    seen = given.seen;
  });
  afterEach(() => {
    push.stop();
    server.close();
  });

  const hint = (directory: number) => sockets.at(-1)?.send(JSON.stringify({ changed: true, directory }));
  const isHinted = (directory: number) => expect.poll(() => seen.hints.at(-1)).toBe(String(directory));
  /** Until the node has heard what was sent so far. */
  const isHeard = async (socket = sockets.at(-1)) => {
    socket?.ping();
    if (socket) await once(socket, "pong");
  };

  it("tells the node which version of the directory a hint names, and keeps one socket", async () => {
    await push.onTouch();
    await push.onTouch();
    hint(17);
    await isHinted(17);
    expect(sockets).toHaveLength(1);
  });

  it("follows the newest of many hints, and far from all", async () => {
    await push.onTouch();
    for (let directory = 1; directory <= 100; directory++) hint(directory);
    await isHinted(100);
    expect(seen.hints.length).toBeLessThan(20);
  });

  it("goes on after a move, whatever was waiting then, and when the old socket's end is heard late", async () => {
    await push.onTouch();
    hint(1);
    await isHinted(1);
    hint(2);
    await isHeard();
    push.onMove();
    await push.onTouch();
    await expect.poll(() => sockets.length).toBe(2);
    const [old] = sockets;
    if (old && old.readyState !== old.CLOSED) await once(old, "close");
    hint(3);
    await isHinted(3);
    await push.onTouch();
    expect(sockets).toHaveLength(2);
  });
});
