import { randomBytes } from "node:crypto";
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LegProbes, type Spare } from "../../../agent/paths/leg-probes.ts";
import { answerBinding } from "../../../shared/relay/stun.ts";

const KEY = "A".repeat(43);
const by = { node: "nod_r", leg: "leg_0000000000000000000000000a", probeKey: KEY };

describe("probes of spare legs", () => {
  let relay: Socket;
  let probes: LegProbes;
  let questions: { readonly bytes: Uint8Array; readonly from: RemoteInfo }[];
  /** Called with each question that the relay gets. */
  let onQuestion: () => void;

  beforeEach(async () => {
    questions = [];
    onQuestion = () => undefined;
    probes = new LegProbes(randomBytes);
    relay = createSocket("udp4");
    relay.on("message", (bytes, from) => {
      questions.push({ bytes, from });
      onQuestion();
    });
    await new Promise<void>((resolve) => relay.bind(0, "127.0.0.1", resolve));
  });
  afterEach(() => {
    probes.close();
    relay.close();
  });

  const spare = (more: Partial<Spare> = {}): Spare => ({
    ...{ endpoint: `127.0.0.1:${relay.address().port}`, by },
    ...{ onAnswer: () => undefined, onLate: () => undefined },
    ...more,
  });
  const heard = (count: number) =>
    new Promise<void>((resolve) => {
      onQuestion = () => questions.length >= count && resolve();
      onQuestion();
    });
  const answer = (key = KEY, at = 0, change = (bytes: Uint8Array) => bytes) => {
    const question = questions[at];
    const { address, port } = question?.from ?? { address: "", port: 0 };
    const bytes = answerBinding(
      question?.bytes ?? new Uint8Array(),
      { user: by.leg, key: KEY },
      `${address}:${port}`,
    );
    relay.send(key === KEY ? change(bytes ?? new Uint8Array()) : randomBytes(80), port, address);
  };

  /** Asks once more, and is answered: what came before has come by then. */
  const sentinel = (count: number) =>
    new Promise<void>((resolve) => {
      probes.ask([spare({ onAnswer: () => resolve() })]);
      void heard(count).then(() => answer(KEY, count - 1));
    });

  it("tell the round trip once, and drop what is no true answer to them", async () => {
    const times: number[] = [];
    const done = new Promise<void>((resolve) => {
      const onAnswer = (rttMs: number) => {
        times.push(rttMs);
        resolve();
      };
      probes.ask([spare({ onAnswer })]);
    });
    await heard(1);
    // Noise, an answer of which one bit is another, one to another question, and what is too short.
    answer("");
    answer(KEY, 0, (bytes) => bytes.with(-1, (bytes.at(-1) ?? 0) ^ 1));
    answer(KEY, 0, (bytes) => bytes.with(8, (bytes[8] ?? 0) ^ 1));
    answer(KEY, 0, (bytes) => bytes.subarray(0, 7));
    await sentinel(2);
    expect(times).toEqual([]);
    answer();
    answer();
    await done;
    await sentinel(3);
    expect(times).toHaveLength(1);
  });

  it("say when an answer is late, and take it no more", async () => {
    const said: string[] = [];
    const one = spare({ onAnswer: () => said.push("answered"), onLate: () => said.push("late") });
    probes.ask([one], performance.now() - 2_000);
    await heard(1);
    await new Promise<void>((resolve) => {
      probes.ask([{ ...one, onAnswer: () => resolve() }]);
      void heard(2).then(() => {
        answer(KEY, 0);
        answer(KEY, 1);
      });
    });
    expect(said).toEqual(["late"]);
  });

  it("are eight at once, and where there are more, all have their turn", async () => {
    const spares = Array.from({ length: 20 }, (_, at) => spare({ by: { ...by, leg: `leg_${at}` } }));
    for (let round = 0; round < 3; round++) probes.ask(spares);
    await heard(24);
    await sentinel(25);
    const users = new Set(
      questions.map(
        ({ bytes }) =>
          Buffer.from(bytes)
            .toString("latin1")
            .match(/leg_\d+/)?.[0],
      ),
    );
    expect([questions.length, users.size]).toEqual([25, 21]);
  });

  it("fail quietly where the machine can't send", () => {
    expect(() => probes.ask([spare({ endpoint: "[2001:db8::1]:20000" })])).not.toThrow();
  });
});
