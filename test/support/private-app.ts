import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { WebSocketServer } from "ws";

/** An application that only agents reach: it serves large files with ranges, takes uploads, and echoes. */
export interface PrivateApp {
  readonly port: number;
  /** A TCP service that sends back what it gets, and ends when its peer ends. */
  readonly tcpPort: number;
  /** Requests, oldest first. */
  readonly seen: { readonly line: string; readonly headers: IncomingMessage["headers"] }[];
  /** Requests whose connection is open now. */
  readonly open: Set<string>;
  /** Stops sending files after so many bytes, until `go` is called. */
  pauseAt(bytes: number): { readonly paused: Promise<void>; go(): void };
  close(): void;
}

/** Bytes that depend on their position, so that a byte in the wrong place is noticed. */
export function fileBytes(start: number, end: number): Buffer {
  const bytes = Buffer.allocUnsafe(end - start);
  for (let i = 0; i < bytes.length; i++) bytes[i] = ((start + i) * 2_654_435_761) >>> 24;
  return bytes;
}

export async function startPrivateApp(): Promise<PrivateApp> {
  const seen: PrivateApp["seen"] = [];
  const open = new Set<string>();
  const tcpSockets = new Set<Socket>();
  let gate: { at: number; reached: () => void; opened: Promise<void> } | null = null;

  const server = createServer((request, response) => {
    const { method = "", url = "" } = request;
    seen.push({ line: `${method} ${url}`, headers: request.headers });
    open.add(url);
    response.on("close", () => open.delete(url));
    void answer(request, response, url).catch(() => response.destroy());
  });

  async function answer(request: IncomingMessage, response: ServerResponse, url: string): Promise<void> {
    const size = Number(/^\/file\/(\d+)/.exec(url)?.[1] ?? "0");
    if (size > 0) return sendFile(request, response, size);
    if (url.startsWith("/upload")) {
      const hash = createHash("sha256");
      let bytes = 0;
      for await (const chunk of request as AsyncIterable<Buffer>) {
        hash.update(chunk);
        bytes += chunk.length;
      }
      response.end(JSON.stringify({ bytes, sha256: hash.digest("hex") }));
      return;
    }
    if (url.startsWith("/early")) {
      response.writeHead(413, { "content-length": "3" }).end("big");
      return;
    }
    if (url.startsWith("/events")) {
      response.writeHead(200, { "content-type": "text/event-stream" });
      let count = 0;
      const timer = setInterval(() => response.write(`data: ${count++}\n\n`), 20);
      response.on("close", () => clearInterval(timer));
      return;
    }
    if (url.startsWith("/silent")) return;
    response.writeHead(200, { "set-cookie": ["a=1", "b=2"], "content-type": "text/plain" }).end(`saw ${url}`);
  }

  async function sendFile(request: IncomingMessage, response: ServerResponse, size: number): Promise<void> {
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
    const start = Number(from ?? 0);
    const end = to ? Number(to) + 1 : size;
    response.writeHead(from === undefined ? 200 : 206, {
      "content-length": end - start,
      "accept-ranges": "bytes",
      etag: '"file"',
      ...(from === undefined ? {} : { "content-range": `bytes ${start}-${end - 1}/${size}` }),
    });
    if (request.method === "HEAD") return void response.end();
    for (let at = start; at < end && !response.destroyed; at += PIECE) {
      if (gate && from === undefined && at >= gate.at) {
        gate.reached();
        await gate.opened;
      }
      const isFull = !response.write(fileBytes(at, Math.min(end, at + PIECE)));
      if (isFull)
        await new Promise<void>((resolve) => {
          const go = () => {
            response.off("drain", go).off("close", go);
            resolve();
          };
          response.on("drain", go).on("close", go);
        });
    }
    response.end();
  }

  const sockets = new WebSocketServer({ server, handleProtocols: (protocols) => [...protocols][0] ?? false });
  sockets.on("connection", (socket, request) => {
    seen.push({ line: `SOCKET ${request.url}`, headers: request.headers });
    open.add(request.url ?? "");
    socket.on("close", () => open.delete(request.url ?? ""));
    socket.on("message", (data, isBinary) => {
      if (String(data) === "bye") socket.close(4321, "bye");
      else socket.send(data, { binary: isBinary });
    });
  });
  const tcp = createTcpServer({ allowHalfOpen: true }, (socket) => {
    tcpSockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => tcpSockets.delete(socket));
    socket.pipe(socket);
  });
  return {
    port: await listening(server),
    tcpPort: await listening(tcp),
    seen,
    open,
    pauseAt: (at) => {
      let reached = () => {};
      let go = () => {};
      const paused = new Promise<void>((resolve) => {
        reached = resolve;
      });
      const opened = new Promise<void>((resolve) => {
        go = resolve;
      });
      gate = { at, reached, opened };
      return {
        paused,
        go: () => {
          gate = null;
          go();
        },
      };
    },
    close: () => {
      for (const socket of tcpSockets) socket.destroy();
      tcp.close();
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      server.close();
    },
  };
}

const PIECE = 64 * 1024;

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}
