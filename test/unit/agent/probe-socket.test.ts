import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { afterEach, expect, it, vi } from "vitest";
import { ProbeSocket } from "../../../agent/paths/probe-socket.ts";
import { answerTo, PROBE_PORT, questionOf } from "../../../shared/paths/probe.ts";
import { MACHINES, where } from "../../support/needs.ts";

const [OWN, PEER, OTHER, STRANGER] = ["127.9.0.1", "127.9.0.2", "127.9.0.3", "127.9.0.4"] as const;
const open: (() => void)[] = [];

/** Somebody at an address, who counts the answers. */
async function at(address: string, port = PROBE_PORT) {
  const socket: Socket = createSocket("udp4");
  const heard: Buffer[] = [];
  socket.on("message", (bytes: Buffer) => heard.push(bytes));
  socket.bind(port, address);
  await once(socket, "listening");
  open.push(() => socket.close());
  return { heard, send: (bytes: Uint8Array) => socket.send(bytes, PROBE_PORT, OWN) };
}

/** A node's socket, whose peers are two. `questions` and `answers` are what it heard, in order. */
function listening() {
  const [questions, answers]: [string[], string[]] = [[], []];
  const socket = new ProbeSocket((address) => address === PEER || address === OTHER, {
    onQuestion: (address) => questions.push(address),
    onAnswer: (address) => answers.push(address),
  });
  socket.open(OWN);
  open.push(() => socket.close());
  return { questions, answers };
}
const question = (byte: number) => questionOf(new Uint8Array(8).fill(byte));

afterEach(() => {
  vi.restoreAllMocks();
  for (const close of open.splice(0)) close();
});

where(...MACHINES).describe("the socket for probes", () => {
  it("answers a peer eight times in a second, and each peer by itself", async () => {
    const clock = vi.spyOn(performance, "now").mockReturnValue(5_000);
    const { questions } = listening();
    const [peer, other] = [await at(PEER), await at(OTHER)];
    const count = (address: string) => questions.filter((one) => one === address).length;
    for (let asked = 0; asked < 20; asked++) peer.send(question(asked));
    other.send(question(1));
    await expect.poll(() => count(OTHER)).toBe(1);
    expect(count(PEER)).toBe(8);
    await expect.poll(() => peer.heard).toHaveLength(8);
    expect(peer.heard[0]).toEqual(Buffer.from(answerTo(question(0))));
    clock.mockReturnValue(6_000);
    peer.send(question(1));
    await expect.poll(() => count(PEER)).toBe(9);
  });

  it("hears peers alone, from the port of probes alone, and answers no answer", async () => {
    const { questions, answers } = listening();
    const [peer, user, stranger] = [await at(PEER), await at(OTHER, 40_404), await at(STRANGER)];
    for (const one of [user, stranger]) {
      one.send(question(1));
      one.send(answerTo(question(1)));
    }
    peer.send(answerTo(question(2)));
    peer.send(new Uint8Array(16));
    peer.send(question(3));
    await expect.poll(() => questions).toEqual([PEER]);
    expect(answers).toEqual([PEER]);
    await expect.poll(() => peer.heard).toHaveLength(1);
    expect([user.heard, stranger.heard]).toEqual([[], []]);
  });
});
