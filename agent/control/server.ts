import { chmod, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { messageOf } from "../failure.ts";
import { type ControlAnswer, type ControlRequest, MAX_LINE, socketPath } from "./protocol.ts";

export type ControlHandler = (request: ControlRequest) => Promise<unknown>;

/**
 * Listens for commands. A program may connect if it may enter the state directory: the directory and the socket belong
 * to root alone. A browser can't speak to this socket: it has no HTTP and no network address.
 */
export async function serveControl(
  stateDirectory: string,
  handle: ControlHandler,
): Promise<{ readonly close: () => Promise<void> }> {
  const path = socketPath(stateDirectory);
  // The lock proves that no other agent runs here, so an existing socket has no owner.
  await rm(path, { force: true });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.setTimeout(60_000, () => socket.destroy());
    answer(socket, handle);
  });
  const before = process.umask(0o177);
  try {
    await listen(server, path);
  } finally {
    process.umask(before);
  }
  await chmod(path, 0o600);
  return {
    close: async () => {
      // A client that has sent a request still gets its answer, for example the answer to `down`.
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await rm(path, { force: true });
    },
  };
}

const listen = (server: Server, path: string) =>
  new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });

function answer(socket: Socket, handle: ControlHandler): void {
  let line = "";
  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => {
    line += chunk;
    if (!line.includes("\n") && line.length <= MAX_LINE) return;
    socket.removeAllListeners("data").resume();
    void handled(line, handle).then((said) => socket.end(`${JSON.stringify(said)}\n`));
  });
}

async function handled(line: string, handle: ControlHandler): Promise<ControlAnswer> {
  try {
    return { ok: true, value: await handle(JSON.parse(line) as ControlRequest) };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "failed";
    return { ok: false, code, message: messageOf(error) };
  }
}
