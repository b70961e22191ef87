import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { Forwarder } from "../../../agent/relay/forwarder.ts";
import type { RelayLeg } from "../../../agent/relay/relay.ts";
import { mac1Key } from "../../../shared/relay/mac1.ts";
import { bindingRequest, readBindingAnswer } from "../../../shared/relay/stun.ts";
import { data } from "./datagrams.ts";

const KEY = "A".repeat(43);
const transaction = Uint8Array.from({ length: 12 }, (_, at) => at);
const open: { stop(): void }[] = [];

async function bound(): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  open.push({ stop: () => socket.close() });
  return socket;
}

/** A relay with one leg on this machine, at a time that the test sets. */
async function relayed(bytesPerSecond = 1e6) {
  const free = createSocket("udp4");
  free.bind(0);
  await once(free, "listening");
  const { port } = free.address();
  free.close();
  await once(free, "close");
  const clock = { now: 0 };
  const ends = [1, 2].map((byte) => ({ mac1Key: mac1Key(new Uint8Array(32).fill(byte)), endpoints: [] }));
  const leg = { id: "leg_long_enough_for_an_answer", port, probeKey: KEY, ends, notAfter: 1_000 };
  const relay = new Forwarder(leg as unknown as RelayLeg, {
    bytesPerSecond,
    now: () => clock.now,
    onProven: () => undefined,
  });
  await relay.start();
  open.push(relay);
  return { relay, leg: leg as unknown as RelayLeg, clock };
}

afterEach(() => {
  for (const one of open.splice(0)) one.stop();
});

describe("a leg's port at a relay", () => {
  const probe = (user: string) => bindingRequest({ user, key: KEY }, transaction);
  const settled = (relay: Forwarder) => {
    const { probes, datagrams, dropped } = relay.count;
    return probes + datagrams + Object.values(dropped).reduce((sum, one) => sum + one, 0);
  };

  it("answers a probe of the leg's ends with where it came from, and no other one", async () => {
    const { relay, leg } = await relayed();
    const end = await bound();
    end.send(probe("leg_somebody_elses_leg_as_long"), leg.port, "127.0.0.1");
    end.send(new Uint8Array(92), leg.port, "127.0.0.1");
    end.send(probe(leg.id), leg.port, "127.0.0.1");
    const [answer] = (await once(end, "message")) as [Buffer];
    expect(readBindingAnswer(answer, KEY, transaction)).toBe(`127.0.0.1:${end.address().port}`);
    expect(relay.count).toMatchObject({ probes: 1, datagrams: 0, dropped: { not_wireguard: 2 } });
  });

  it("answers nothing once its time is over, whoever asks", async () => {
    const { relay, leg, clock } = await relayed();
    const end = await bound();
    clock.now = 1_000;
    end.send(probe(leg.id), leg.port, "127.0.0.1");
    await expect.poll(() => settled(relay)).toBe(1);
    expect(relay.count).toMatchObject({ probes: 0, dropped: { expired: 1 } });
    // The lease was renewed.
    relay.update({ ...leg, notAfter: 2_000 }, 1e6);
    end.send(probe(leg.id), leg.port, "127.0.0.1");
    await once(end, "message");
    expect(relay.count.probes).toBe(1);
  });

  it("answers no more probes than the leg's rate lets through, however often they are replayed", async () => {
    // A tenth of a second of this rate is two probes.
    const { relay, leg } = await relayed(20 * 96);
    const end = await bound();
    for (let at = 0; at < 20; at++) end.send(probe(leg.id), leg.port, "127.0.0.1");
    await expect.poll(() => settled(relay)).toBe(20);
    expect(relay.count).toMatchObject({ probes: 2, dropped: { not_wireguard: 18 } });
  });

  it("keeps what the pair may use for the pair, whatever strangers send", async () => {
    const { relay, leg } = await relayed(20 * 96);
    const [one, other, stranger] = [await bound(), await bound(), await bound()];
    const ends = [one, other].map((end, at) => ({
      ...leg.ends[at],
      endpoints: [`127.0.0.1:${end.address().port}`],
    }));
    relay.update({ ...leg, ends } as unknown as RelayLeg, 20 * 96);
    for (let at = 0; at < 20; at++) stranger.send(new Uint8Array(96), leg.port, "127.0.0.1");
    await expect.poll(() => settled(relay)).toBe(20);
    one.send(data(7), leg.port, "127.0.0.1");
    await expect.poll(() => settled(relay)).toBe(21);
    expect(relay.count).toMatchObject({ datagrams: 1, dropped: { over_budget: 0 } });
  });
});
