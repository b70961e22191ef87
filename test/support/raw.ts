import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface RawResponse {
  readonly status: number;
  readonly head: string;
  readonly body: string;
  /** Whether the peer closed or broke the connection, or the body was whole; false when it just fell silent. */
  readonly ended: boolean;
  header(name: string): string | undefined;
}

/**
 * Sends bytes exactly as given and reads until the peer closes or `idleMs` pass without data, because client
 * libraries normalise the very things that these tests are about.
 * @param more Sends what comes after `bytes`, in its own time.
 */
export function sendRaw(
  port: number,
  bytes: string,
  idleMs = 15_000,
  more: (socket: Socket) => void = () => {},
): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let received = "";
    const finish = (ended = true) => {
      socket.destroy();
      resolve(parse(received, ended));
    };
    socket.setTimeout(idleMs, () => finish(false));
    socket.on("data", (chunk: Buffer) => {
      received += chunk.toString("latin1");
      if (isComplete(received)) finish();
    });
    socket.on("end", () => finish());
    socket.on("error", (error) => (received ? finish() : reject(error)));
    socket.write(bytes, "latin1");
    more(socket);
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

function parse(text: string, ended: boolean): RawResponse {
  const end = text.indexOf("\r\n\r\n");
  const head = end < 0 ? text : text.slice(0, end);
  return {
    status: Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0),
    head,
    body: end < 0 ? "" : text.slice(end + 4),
    ended,
    header: (name) => new RegExp(`^${name}:\\s*(.*)$`, "im").exec(head)?.[1]?.trim(),
  };
}

/** An application that is a socket: it answers with exactly the bytes, or the silence, that a test wants. */
export interface RawServer {
  readonly port: number;
  readonly origin: string;
  /** What each connection has sent since the last `reset`, in the order of their first bytes. */
  received(): string[];
  reset(): void;
  close(): void;
}

/** @param answer Called once for each request head that arrives, with its target. */
export async function startRawServer(answer: (socket: Socket, target: string) => void): Promise<RawServer> {
  let connections: { text: string }[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const connection = { text: "" };
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    socket.on("data", (chunk: Buffer) => {
      const isFirst = connection.text === "";
      if (isFirst) connections.push(connection);
      connection.text += chunk.toString("latin1");
      if (isFirst) answer(socket, /^\S+ (\S+)/.exec(connection.text)?.[1] ?? "");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    received: () => connections.map(({ text }) => text),
    reset: () => {
      connections = [];
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
