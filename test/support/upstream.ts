import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

/** An application that records every request, raw, so that tests can assert how many arrived and how they looked. */
export interface RecordingUpstream {
  readonly port: number;
  readonly origin: string;
  readonly seen: SeenRequest[];
  readonly sockets: Set<WebSocket>;
  /** How WebSockets ended, oldest first. */
  readonly closes: { readonly code: number; readonly reason: string }[];
  /** Event streams and slow uploads that are open now. */
  readonly open: Set<string>;
  /** How many bytes of each upload came so far, by its URL. */
  readonly received: Map<string, number>;
  hits(): number;
  reset(): void;
  close(): void;
}

export async function startUpstream(): Promise<RecordingUpstream> {
  const seen: SeenRequest[] = [];
  const open = new Set<string>();
  const received = new Map<string, number>();
  const sockets = new Set<WebSocket>();
  const closes: { code: number; reason: string }[] = [];
  let resets = 0;
  const server = createServer((request, response) => {
    const url = request.url ?? "";
    let body = "";
    const record = () => {
      seen.push({
        method: request.method ?? "",
        url,
        headers: request.headers,
        rawHeaders: request.rawHeaders,
        body,
      });
    };
    if (url.startsWith("/upload")) {
      open.add(url);
      request.on("close", () => open.delete(url));
    }
    request.on("data", (chunk: Buffer) => {
      body += chunk.toString("latin1");
      received.set(url, body.length);
    });
    if (url.startsWith("/events") || url.startsWith("/download")) {
      record();
      open.add(url);
      response.writeHead(200, {
        "content-type": url.startsWith("/events") ? "text/event-stream" : "application/octet-stream",
        ...(url === "/download/small" ? { "content-length": "16000" } : {}),
      });
      const timer = setInterval(() => response.write("data: tick\n\n"), 50);
      response.on("close", () => {
        clearInterval(timer);
        open.delete(url);
      });
      return;
    }
    request.on("end", () => {
      record();
      answer(url, response);
    });
  });
  const socketServer = new WebSocketServer({
    server,
    maxPayload: 64 * 1_048_576,
    handleProtocols: (protocols) => [...protocols][0] ?? false,
  });
  socketServer.on("connection", (socket, request) => {
    seen.push({
      method: "GET",
      url: request.url ?? "",
      headers: request.headers,
      rawHeaders: request.rawHeaders,
      body: "",
    });
    sockets.add(socket);
    const since = resets;
    socket.on("message", (message, isBinary) => {
      if (!endAsAsked(socket, request.url ?? "")) socket.send(message, { binary: isBinary });
    });
    socket.on("close", (code, reason) => {
      sockets.delete(socket);
      // The end of a socket that an earlier test opened may come late: it is none of this test's.
      if (since === resets) closes.push({ code, reason: reason.toString() });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    seen,
    sockets,
    closes,
    open,
    received,
    hits: () => seen.length,
    reset: () => {
      resets++;
      seen.splice(0);
      closes.splice(0);
    },
    close: () => {
      for (const socket of sockets) socket.terminate();
      server.closeAllConnections();
      server.close();
    },
  };
}

/** `/socket/end/<code>/<reason>`, `/socket/end` without a code, and `/socket/drop`. Whether it ended. */
function endAsAsked(socket: WebSocket, url: string): boolean {
  const [, , how, code, reason] = url.split("/");
  if (how === "drop") socket.terminate();
  else if (how === "end" && code !== undefined) socket.close(Number(code), reason);
  else if (how === "end") socket.close();
  else return false;
  return true;
}

/** Answers that try what a hostile or clumsy application would do. */
function answer(url: string, response: import("node:http").ServerResponse): void {
  if (url.startsWith("/redirect-metadata")) {
    response.writeHead(302, { location: "http://169.254.169.254/latest/meta-data/" }).end();
  } else if (url.startsWith("/hostile-headers")) {
    response
      .writeHead(200, {
        "set-cookie": ["__Host-rn_s=stolen; Path=/; Secure", "wide=1; Domain=localhost", "own=1; Path=/"],
        "clear-site-data": '"cookies"',
        "service-worker-allowed": "/",
        "strict-transport-security": "max-age=1; includeSubDomains",
        "x-rustronaut-response": "forged",
      })
      .end("hostile");
  } else if (url.startsWith("/ranged")) {
    response.writeHead(206, { "content-range": "bytes 0-3/10", "content-length": "4" }).end("part");
  } else {
    response.writeHead(200, { "content-type": "text/plain", "x-upstream": "yes" }).end(`upstream saw ${url}`);
  }
}
