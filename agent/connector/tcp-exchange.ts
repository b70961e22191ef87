import { connect, type Socket } from "node:net";
import { encodeHead } from "../../shared/connector/heads.ts";
import type { TunnelStream } from "../../shared/connector/tunnel-stream.ts";
import { messageOf } from "../failure.ts";
import type { Dial } from "./dial.ts";

const CONNECT_MS = 10_000;

/** Opens a TCP connection, and passes bytes on in both directions. Either side may end first. */
export function exchangeTcp(stream: TunnelStream, dial: Dial): void {
  const { host, port, lookup } = dial;
  const socket = connect({ host, port, lookup, allowHalfOpen: true, noDelay: true });
  const late = setTimeout(() => socket.destroy(new Error("no connection in time")), CONNECT_MS);
  let isConnected = false;
  socket.on("connect", () => {
    isConnected = true;
    clearTimeout(late);
    const head = encodeHead({ status: 101, headers: [], protocol: "" });
    if (head === null || stream.fault) return void socket.destroy();
    stream.answer(head);
    void passBack(stream, socket);
    void passOn(stream, socket);
  });
  socket.on("error", (error) => {
    if (isConnected) stream.reset("lost", messageOf(error));
    else stream.reset("unreachable", messageOf(error));
  });
  socket.on("close", () => clearTimeout(late));
  stream.onOver(() => {
    if (stream.fault) socket.destroy();
  });
}

async function passOn(stream: TunnelStream, socket: Socket): Promise<void> {
  try {
    for (let next = await stream.read(); next !== null; next = await stream.read()) {
      if (!socket.write(next.bytes)) await drained(socket);
    }
    socket.end();
  } catch {
    socket.destroy();
  }
}

async function passBack(stream: TunnelStream, socket: Socket): Promise<void> {
  try {
    for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>)
      await stream.write(chunk);
    stream.end();
  } catch {
    stream.reset("lost");
    socket.destroy();
  }
}

const drained = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    const go = () => {
      socket.off("drain", go).off("close", go);
      resolve();
    };
    socket.on("drain", go).on("close", go);
  });
