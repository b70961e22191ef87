import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { wayTo } from "../../../agent/hub/http.ts";
import { openWebSocket } from "../../../agent/hub/web-socket.ts";

const { socketOptions } = wayTo("http://hub.localhost");

describe("the agent's WebSocket", () => {
  let server: WebSocketServer;
  let url: URL;
  let atHub: WebSocket;
  let asked: NodeJS.Dict<string | string[]>;
  let socket: WebSocket | null;
  let texts: string[];
  let closed: Promise<void>;

  beforeEach(async () => {
    server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    await once(server, "listening");
    url = new URL(`http://hub.localhost:${(server.address() as AddressInfo).port}/agent/v1/socket`);
    const connected = once(server, "connection");
    texts = [];
    socket = null;
    closed = new Promise((resolve) => {
      void openWebSocket(url, { authorization: "ticket" }, socketOptions, {
        onText: (text) => texts.push(text),
        onClose: resolve,
      }).then((opened) => {
        socket = opened;
      });
    });
    const [connection, request] = await connected;
    atHub = connection as WebSocket;
    asked = (request as { headers: NodeJS.Dict<string | string[]> }).headers;
    await expect.poll(() => socket).toBeTruthy();
  });

  afterEach(() => {
    socket?.terminate();
    server.close();
  });

  it("says who it is", () => {
    expect(asked).toMatchObject({ authorization: "ticket", host: url.host });
  });

  it("hears each text, and is heard", async () => {
    const heard = once(atHub, "message");
    socket?.send("ping");
    expect(String((await heard)[0])).toBe("ping");
    for (const text of ['{"changed":true}', "", "pong", "x".repeat(125)]) atHub.send(text);
    await expect.poll(() => texts).toEqual(['{"changed":true}', "", "pong", "x".repeat(125)]);
  });

  it("answers a ping with what it carried", async () => {
    const pong = once(atHub, "pong");
    atHub.ping("are you there");
    expect(String((await pong)[0])).toBe("are you there");
  });

  it("ends at a goodbye", async () => {
    atHub.close(4403, "no member any more");
    const [code] = await once(atHub, "close");
    expect(code).toBe(4403);
    await closed;
  });

  it("hangs up when more comes than a hint can have", async () => {
    atHub.send("x".repeat(126));
    await closed;
    expect(texts).toEqual([]);
  });

  it("is none where nobody upgrades", async () => {
    server.close();
    socket?.terminate();
    await closed;
    const nobody = { onText: () => expect.fail(), onClose: () => expect.fail() };
    expect(await openWebSocket(url, {}, socketOptions, nobody)).toBeNull();
  });
});
