import { throwRefusal } from "../platform/refused.ts";

/** Refuses a request that does not ask for a WebSocket, or not for this subprotocol. */
export function requireUpgrade({ headers }: Request, protocol: string | null): void {
  const isUpgrade = /^websocket$/i.test(headers.get("upgrade") ?? "");
  const offered = (headers.get("sec-websocket-protocol") ?? "").split(",").map((text) => text.trim());
  if (isUpgrade && (protocol === null || offered.includes(protocol))) return;
  throwRefusal(
    "malformed_request",
    `Ask for an upgrade to a WebSocket${protocol === null ? "" : ` with ${protocol}`}.`,
  );
}
