import { spawn } from "node:child_process";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";

/** A WebSocket pump in workerd that does nothing but pump: what a tunnel would be without its job. */
const WORKER = `import { DurableObject } from "cloudflare:workers";
export class Pump extends DurableObject {
  fetch(request) {
    if (request.headers.get("upgrade")) {
      const { 0: client, 1: server } = new WebSocketPair();
      this.ctx.acceptWebSocket(server);
      return new Response(null, { status: 101, webSocket: client });
    }
    const { readable, writable } = new IdentityTransformStream();
    this.writer = writable.getWriter();
    this.ctx.getWebSockets()[0].send(new URL(request.url).pathname);
    return new Response(readable);
  }
  webSocketMessage(socket, message) {
    if (typeof message === "string") this.writer.close();
    else this.writer.write(new Uint8Array(message));
  }
}
export default {
  fetch: (request, env) => env.PUMP.get(env.PUMP.idFromName("pump")).fetch(request),
};`;

/** Its other end: fetches what it is told from the application, and sends it in messages. */
const AGENT = `import { request } from "node:http";
import WebSocket from "ws";
const [, , hub, port] = process.argv;
const socket = new WebSocket(hub, { perMessageDeflate: false });
socket.on("open", () => process.stdout.write("open"));
socket.on("message", (path) => {
  request({ host: "127.0.0.1", port, path: String(path) }, (response) => {
    response.on("data", (chunk) => {
      response.pause();
      socket.send(chunk, { binary: true }, () => response.resume());
    });
    response.on("end", () => socket.send("end"));
  }).end();
});`;

export interface BarePump {
  readonly port: number;
  stop(): Promise<void>;
}

/** @param upstreamPort Of the application. */
export async function startPump(upstreamPort: number): Promise<BarePump> {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: WORKER,
      compatibilityDate: "2026-10-01",
      host: "127.0.0.1",
      cf: false,
      durableObjects: { PUMP: { className: "Pump", useSQLite: true } },
    }),
  );
  const port = Number((await miniflare.ready).port);
  const child = spawn(
    process.execPath,
    ["--input-type=module", "-e", AGENT, "pump", `ws://127.0.0.1:${port}/`, String(upstreamPort)],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  await new Promise<void>((resolve) => child.stdout.once("data", () => resolve()));
  return {
    port,
    stop: async () => {
      child.kill();
      await miniflare.dispose();
    },
  };
}
