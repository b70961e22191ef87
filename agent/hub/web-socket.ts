import WebSocket from "ws";
import type { Way } from "./http.ts";

export interface WebSocketEvents {
  readonly onText: (text: string) => void;
  readonly onClose: () => void;
}

const TIMEOUT_MS = 20_000;
/** The hub sends no longer hint. */
const MAX_BYTES = 125;

/** Opens a WebSocket to the hub. Null when nobody answers, or when the answer is not an upgrade. */
export function openWebSocket(
  url: URL,
  headers: Readonly<Record<string, string>>,
  socketOptions: Way["socketOptions"],
  { onText, onClose }: WebSocketEvents,
): Promise<WebSocket | null> {
  const socket = new WebSocket(url, {
    headers,
    ...socketOptions,
    handshakeTimeout: TIMEOUT_MS,
    maxPayload: MAX_BYTES,
    perMessageDeflate: false,
    ...(url.protocol === "https:" ? { minVersion: "TLSv1.3" as const } : {}),
  });
  return new Promise((resolve) => {
    socket.on("open", () => {
      socket.on("close", onClose);
      resolve(socket);
    });
    socket.on("message", (data) => onText(String(data)));
    socket.on("error", () => resolve(null));
  });
}
