import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** A door to a local port on another address that can be shut: what a machine sees when the hub is away. */
export interface Gate {
  shut(): Promise<void>;
  open(): Promise<void>;
}

/** Passes bytes both ways. A process of its own, since tests wait for commands and would hold everything up. */
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
