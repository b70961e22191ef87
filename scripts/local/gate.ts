import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/**
 * Forwards connections from another address to a local port, and can be shut. When it is shut, a machine sees
 * that the hub can't be reached.
 */
export interface Gate {
  shut(): Promise<void>;
  open(): Promise<void>;
}

/**
 * Forwards bytes in both directions. It is a separate process, because tests wait synchronously for commands
 * and would block the forwarding.
 */
const FORWARDER = `
  const { connect, createServer } = require("node:net");
  const [address, port] = process.argv.slice(1);
  createServer((inside) => {
    const outside = connect(Number(port), "127.0.0.1");
    for (const [one, other] of [[inside, outside], [outside, inside]]) {
      one.on("error", () => one.destroy());
      one.on("close", () => other.destroy());
    }
    inside.pipe(outside).pipe(inside);
  }).listen(Number(port), address, () => console.log("open"));
`;

export async function openGate(address: string, port: number): Promise<Gate> {
  let forwarder: ChildProcess | null = null;
  const gate: Gate = {
    open: async () => {
      forwarder = spawn(process.execPath, ["-e", FORWARDER, address, String(port)], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      if (forwarder.stdout) await once(forwarder.stdout, "data");
    },
    shut: async () => {
      const running = forwarder;
      forwarder = null;
      if (!running) return;
      const ended = once(running, "exit");
      running.kill("SIGKILL");
      await ended;
    },
  };
  await gate.open();
  return gate;
}
