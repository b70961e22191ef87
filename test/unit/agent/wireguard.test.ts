import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CommandFailed } from "../../../agent/system/exec.ts";
import { askUapi, UapiFailed } from "../../../agent/system/uapi.ts";
import { deviceOf } from "../../../agent/system/wg.ts";
import { saysNoDevice } from "../../../agent/system/wg-tool.ts";

describe("asking wireguard-go", () => {
  let directory: string;
  let server: Server | null = null;
  const path = () => join(directory, "wg.sock");

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "rustronaut-uapi-"));
  });

  afterEach(async () => {
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(null)));
    server = null;
    rmSync(directory, { recursive: true, force: true });
  });

  const serve = (answer: (socket: Socket, request: string) => void) =>
    new Promise<void>((resolve) => {
      server = createServer((socket) => socket.once("data", (data) => answer(socket, String(data))));
      server.listen(path(), resolve);
    });

  it("sends lines, and reads the answer in whatever pieces it comes", async () => {
    let request = "";
    await serve((socket, text) => {
      request = text;
      socket.write("listen_port=518");
      setImmediate(() => socket.write("20\nerrno=0\n"));
      setTimeout(() => socket.write("\n"), 5);
    });
    expect(await askUapi(path(), [["get", 1]])).toEqual([["listen_port", "51820"]]);
    expect(request).toBe("get=1\n\n");
  });

  it("M17: tells that nobody is there from that nobody could be asked", async () => {
    expect(await askUapi(path(), [["get", 1]])).toBe("missing");
    await serve((socket) => socket.end("listen_port=1\n"));
    await expect(askUapi(path(), [["get", 1]])).rejects.toThrow(UapiFailed);
  });

  it("M17: takes a refusal for no answer", async () => {
    await serve((socket) => socket.write("errno=-12\n\n"));
    await expect(askUapi(path(), [["get", 1]])).rejects.toThrow("-12");
  });
});

describe("what a failure of `wg` says", () => {
  const failure = (said: string, missing = false) => new CommandFailed(["wg", "show"], said, missing);

  it.each(["No such device", "Protocol not supported", "Operation not supported"])(
    "no device: %s",
    (said) => {
      expect(saysNoDevice(failure(`Unable to access interface: ${said}`))).toBe(true);
    },
  );

  it.each(["Cannot allocate memory", "Operation not permitted", "Interrupted system call"])(
    "M17: nothing: %s",
    (said) => expect(saysNoDevice(failure(`Unable to access interface: ${said}`))).toBe(false),
  );

  it("M17: nothing, when it could not be started", () => {
    expect(saysNoDevice(failure("spawn wg EAGAIN"))).toBe(false);
    expect(saysNoDevice(failure("spawn wg ENOENT: No such file or directory", true))).toBe(false);
  });
});

describe("the device as wireguard-go tells it", () => {
  it("has no key and no peers when it is new", () => {
    expect(deviceOf([["private_key", "0".repeat(64)]])).toEqual({
      publicKey: null,
      listenPort: 0,
      mark: 0,
      peers: [],
    });
  });

  it("keeps the lines of each peer together", () => {
    const [one, two] = ["11".repeat(32), "22".repeat(32)];
    const { peers } = deviceOf([
      ["listen_port", "51820"],
      ["public_key", one],
      ["endpoint", "[2001:db8::1]:51820"],
      ["last_handshake_time_sec", "1700000000"],
      ["rx_bytes", "7"],
      ["tx_bytes", "9"],
      ["allowed_ip", "100.64.0.1/32"],
      ["allowed_ip", "fd00::1/128"],
      ["public_key", two],
      ["last_handshake_time_sec", "0"],
    ]);
    expect(peers).toEqual([
      {
        publicKey: Buffer.from(one, "hex").toString("base64"),
        endpoint: "[2001:db8::1]:51820",
        allowedIps: ["100.64.0.1/32", "fd00::1/128"],
        handshake: 1_700_000_000,
        receivedBytes: 7,
        sentBytes: 9,
      },
      {
        publicKey: Buffer.from(two, "hex").toString("base64"),
        endpoint: null,
        allowedIps: [],
        handshake: 0,
        receivedBytes: 0,
        sentBytes: 0,
      },
    ]);
  });
});
