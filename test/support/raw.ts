import { connect } from "node:net";

export interface RawResponse {
  readonly status: number;
  readonly head: string;
  readonly body: string;
  header(name: string): string | undefined;
}

/**
 * Sends bytes exactly as given and reads until the peer closes or `idleMs` pass without data, because client
 * libraries normalise the very things that these tests are about.
 */
export function sendRaw(port: number, bytes: string, idleMs = 1_500): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let received = "";
    const finish = () => {
      socket.destroy();
      resolve(parse(received));
    };
    socket.setTimeout(idleMs, finish);
    socket.on("data", (chunk: Buffer) => {
      received += chunk.toString("latin1");
      if (isComplete(received)) finish();
    });
    socket.on("end", finish);
    socket.on("error", (error) => (received ? finish() : reject(error)));
    socket.write(bytes, "latin1");
  });
}

/** A request line and headers in the given order, with `Connection: close` last. */
export function rawRequest(
  target: string,
  host: string,
  lines: readonly string[] = [],
  method = "GET",
): string {
  return [`${method} ${target} HTTP/1.1`, `Host: ${host}`, ...lines, "Connection: close", "", ""].join(
    "\r\n",
  );
}

function isComplete(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, end + 2))?.[1];
  return length !== undefined && text.length >= end + 4 + Number(length);
}

function parse(text: string): RawResponse {
  const end = text.indexOf("\r\n\r\n");
  const head = end < 0 ? text : text.slice(0, end);
  return {
    status: Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0),
    head,
    body: end < 0 ? "" : text.slice(end + 4),
    header: (name) => new RegExp(`^${name}:\\s*(.*)$`, "im").exec(head)?.[1]?.trim(),
  };
}
