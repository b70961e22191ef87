import { connect, createServer, type Socket } from "node:net";

/** A door to a local port on another address that can be shut: what a machine sees when the hub is away. */
export interface Gate {
  shut(): void;
  open(): Promise<void>;
  close(): Promise<void>;
}

export async function openGate(address: string, port: number): Promise<Gate> {
  const sockets = new Set<Socket>();
  const track = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
  };
  const server = createServer((inside) => {
    const outside = connect(port, "127.0.0.1");
    track(inside);
    track(outside);
    inside.pipe(outside).pipe(inside);
    inside.on("close", () => outside.destroy());
    outside.on("close", () => inside.destroy());
  });
  const listen = () => new Promise<void>((resolve) => server.listen(port, address, resolve));
  const shut = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  await listen();
  return {
    shut,
    open: listen,
    close: async () => {
      if (server.listening) shut();
    },
  };
}
