import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { askForPort, MappingRefused, routerIn } from "../../../../agent/mapping/router.ts";
import { natPmpAddress, natPmpAnswer, natPmpRequest } from "../../../../shared/net/nat-pmp.ts";
import { pcpAnswer, pcpRequest } from "../../../../shared/net/pcp.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const bytes = (...parts: string[]) => Uint8Array.from(Buffer.from(parts.join(""), "hex"));
const NONCE = bytes("000102030405060708090a0b");
const ASKED = { nonce: NONCE, client: "192.168.1.5", port: 51_820, lifetimeSeconds: 7_200 };

/** Of RFC 6887: header (§7.2), MAP (§11.1). */
const granted = (
  more: { result?: string; nonce?: string; protocol?: string; port?: string; address?: string } = {},
) => {
  const {
    result = "00",
    nonce = hex(NONCE),
    protocol = "11",
    port = "ca6c",
    address = "00000000000000000000ffffcb007109",
  } = more;
  return bytes(
    `028100${result}`,
    "00000e10",
    "00000063",
    "0".repeat(24),
    nonce,
    protocol,
    "000000",
    port,
    "1167",
    address,
  );
};

let server: Socket | null = null;
afterEach(() => {
  server?.close();
  server = null;
});

/** A router on this machine, which answers each datagram as it is told. */
async function router(answer: (asked: Uint8Array, at: number) => Uint8Array | null) {
  const socket = createSocket("udp4");
  server = socket;
  const asked: string[] = [];
  socket.on("message", (datagram: Buffer, { port, address }: RemoteInfo) => {
    const said = answer(datagram, asked.push(hex(datagram)) - 1);
    if (said) socket.send(said, port, address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { client: _, ...wanted } = ASKED;
  const { port } = socket.address();
  return {
    asked,
    ask: () => askForPort("127.0.0.1", wanted, port),
  };
}

describe("PCP (RFC 6887)", () => {
  it("asks for a port as section 11.1 lays it out", () => {
    expect(hex(pcpRequest(ASKED))).toBe(
      `020100000000${"1c20"}00000000000000000000ffffc0a80105${hex(NONCE)}11000000ca6cca6c00000000000000000000ffff00000000`,
    );
    expect(hex(pcpRequest({ ...ASKED, lifetimeSeconds: 0 })).slice(80, 88)).toBe("ca6c0000");
  });

  it("reads the mapping", () => {
    expect(pcpAnswer(granted(), ASKED)).toEqual({
      address: "203.0.113.9",
      port: 4_455,
      lifetimeSeconds: 3_600,
    });
  });

  it.each([
    ["another nonce", granted({ nonce: "ff".repeat(12) })],
    ["another protocol", granted({ protocol: "06" })],
    ["another port", granted({ port: "0001" })],
    ["an address of IPv6", granted({ address: "20010db8000000000000000000000007" })],
    ["another opcode", Uint8Array.from(granted(), (byte, at) => (at === 1 ? 0x80 : byte))],
    ["too few bytes", granted().subarray(0, 59)],
    ["nothing", new Uint8Array(0)],
    ["a request", pcpRequest(ASKED)],
    ["a refusal without the request", bytes("02810002", "0".repeat(40))],
    ["a refusal of another request", granted({ result: "02", nonce: "ff".repeat(12) })],
  ])("believes no answer with %s", (_, answer) => {
    expect(pcpAnswer(answer, ASKED)).toBeNull();
  });

  it("reads a refusal", () => {
    expect(pcpAnswer(granted({ result: "02" }), ASKED)).toBe(2);
  });
});

describe("NAT-PMP (RFC 6886)", () => {
  it("asks and reads as section 3.3 lays it out", () => {
    expect(hex(natPmpRequest(51_820, 7_200))).toBe("00010000ca6cca6c00001c20");
    expect(natPmpAnswer(bytes("0081000000000063ca6c116700000e10"), 51_820)).toEqual({
      port: 4_455,
      lifetimeSeconds: 3_600,
    });
    expect(natPmpAnswer(bytes("0081000000000063ca6d116700000e10"), 51_820)).toBeNull();
    expect(natPmpAnswer(bytes("00810002"), 51_820)).toBe(2);
    expect(natPmpAddress(bytes("0080000000000063cb007109"))).toBe("203.0.113.9");
    expect(natPmpAddress(bytes("0080000000000063"))).toBeNull();
  });
});

describe("asking a router for a port", () => {
  it("takes what it grants, and repeats a request that was lost", async () => {
    const { ask, asked } = await router((_, at) => (at === 0 ? null : granted()));
    expect(await ask()).toMatchObject({ address: "203.0.113.9", port: 4_455 });
    expect(asked).toHaveLength(2);
    expect(asked[0]).toContain("ffff7f000001");
  });

  it("speaks NAT-PMP to one that knows no more", async () => {
    const { ask } = await router((asked) => {
      if (asked[0] === 2) return bytes("0000000100000063");
      return asked[1] === 0 ? bytes("0080000000000063cb007109") : bytes("0081000000000063ca6c116700000e10");
    });
    expect(await ask()).toEqual({ address: "203.0.113.9", port: 4_455, lifetimeSeconds: 3_600 });
  });

  it("waits for the right answer, whatever else comes", async () => {
    const { ask } = await router((_, at) => (at === 0 ? granted({ nonce: "ff".repeat(12) }) : granted()));
    expect(await ask()).toMatchObject({ port: 4_455 });
  });

  it("says when it refuses, and when nobody is there", async () => {
    const { ask } = await router((asked) => granted({ result: "02", nonce: hex(asked.subarray(24, 36)) }));
    await expect(ask()).rejects.toThrow(MappingRefused);
    server?.close();
    server = null;
    expect(await ask()).toBeNull();
  });
});

describe("the default router", () => {
  const HEAD = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";
  const line = (destination: string, gateway: string, metric: number, mask: string) =>
    `eth0\t${destination}\t${gateway}\t0003\t0\t0\t${metric}\t${mask}\t0\t0\t0\n`;
  it("is the one with the least metric, and none where the route leads to a device alone", () => {
    const table = [
      line("0001A8C0", "00000000", 0, "00FFFFFF"),
      line("00000000", "FE01A8C0", 600, "00000000"),
      line("00000000", "0101A8C0", 100, "00000000"),
      line("00000000", "0901A8C0", 10, "00000080"),
    ];
    expect(routerIn(HEAD + table.join(""))).toBe("192.168.1.1");
    expect(routerIn(HEAD + line("00000000", "00000000", 0, "00000000"))).toBeNull();
    expect(routerIn("")).toBeNull();
  });
});
