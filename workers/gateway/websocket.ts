import type { Cut, StreamWatch } from "./stream-watch.ts";

/**
 * Whether a request is a WebSocket handshake (RFC 6455 §4.1). Any other `Upgrade` is not forwarded, so the request
 * is judged as what then reaches the application: a plain request of its method.
 */
export const opensWebSocket = (request: Request): boolean =>
  request.method === "GET" && request.headers.get("upgrade")?.toLowerCase() === "websocket";

/** Joins the application's socket with a new one for the client, until either ends or the watch cuts both. */
export function bridgeSockets(upstream: WebSocket, watch: StreamWatch): WebSocket {
  const { 0: client, 1: server } = new WebSocketPair();
  upstream.accept();
  server.accept();
  relay(upstream, server, watch);
  relay(server, upstream, watch);
  watch.signal.addEventListener("abort", () => {
    const { code, reason } = watch.signal.reason as Cut;
    close(server, code, reason);
    close(upstream, 1001, "");
  });
  return client;
}

function relay(from: WebSocket, to: WebSocket, watch: StreamWatch): void {
  from.addEventListener("message", ({ data }) => {
    watch.touch();
    try {
      to.send(data);
    } catch {
      close(from, 1001, "");
    }
  });
  from.addEventListener("close", ({ code, reason }) => {
    watch.close();
    close(to, code, reason);
  });
  from.addEventListener("error", () => {
    watch.close();
    close(to, 1011, "");
  });
}

/** Codes that may not be sent (RFC 6455 §7.4.1) become the nearest that may. */
function close(socket: WebSocket, code: number, reason: string): void {
  const isSendable =
    (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
  try {
    socket.close(isSendable ? code : 1000, reason);
  } catch {
    // It is closed already.
  }
}
