import { createSocket } from "node:dgram";
import { connect, createServer, isIPv6 } from "node:net";
import { createInterface } from "node:readline";

/**
 * Runs inside a network namespace: echoes on every port that its arguments name, and on each line of its input tries
 * the connections that the line lists. The answer is a line that lists which of them came through.
 */

export interface Probe {
  readonly from: string;
  readonly to: string;
  readonly protocol: "tcp" | "udp";
  readonly port: number;
  /** Of udp: to go on with a connection that is known already. */
  readonly fromPort?: number;
}

/** Long enough for a local exchange on a busy machine; a packet that was dropped is not told apart otherwise. */
const PATIENCE_MS = 1_500;
const RESEND_MS = 200;

for (const port of process.argv.slice(2).map(Number)) {
  createServer((socket) => socket.on("error", () => socket.destroy()).pipe(socket)).listen(port, "::");
  const udp = createSocket({ type: "udp4" });
  udp.on("message", (message, { port: to, address }) => udp.send(message, to, address)).bind(port);
  const udp6 = createSocket({ type: "udp6", ipv6Only: true });
  udp6.on("message", (message, { port: to, address }) => udp6.send(message, to, address)).bind(port);
}

for await (const line of createInterface({ input: process.stdin })) {
  const probes = JSON.parse(line) as Probe[];
  const results = await Promise.all(
    probes.map((probe) => (probe.protocol === "tcp" ? tcp(probe) : udp(probe))),
  );
  process.stdout.write(`${JSON.stringify(results)}\n`);
}
process.exit(0);

function tcp({ from, to, port }: Probe): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: to, port, localAddress: from });
    const end = (passed: boolean) => {
      socket.destroy();
      resolve(passed);
    };
    socket.setTimeout(PATIENCE_MS, () => end(false));
    socket.on("error", () => end(false)).on("data", () => end(true));
    socket.write("x");
  });
}

function udp({ from, to, port, fromPort = 0 }: Probe): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(to) ? "udp6" : "udp4");
    const timers: NodeJS.Timeout[] = [];
    const end = (passed: boolean) => {
      for (const timer of timers) clearInterval(timer);
      socket.close();
      resolve(passed);
    };
    socket.on("error", () => end(false)).on("message", () => end(true));
    socket.bind({ address: from, port: fromPort }, () => {
      const send = () => socket.send("x", port, to, () => undefined);
      send();
      timers.push(
        setInterval(send, RESEND_MS),
        setTimeout(() => end(false), PATIENCE_MS),
      );
    });
  });
}
