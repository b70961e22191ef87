import { readdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import WebSocket from "ws";
import type { TestConnector } from "../../support/connector.ts";
import type { System } from "../../support/harness.ts";
import { fileBytes, type PrivateApp } from "../../support/private-app.ts";
import { drawn, isSoak } from "../../support/sample.ts";

const MIB = 1024 * 1024;

const openFiles = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;
/** What a process has in memory, in MB. */
const memoryOf = (pid: number): number =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1_024);

/** Connections that open and close, and how many at one time. */
const CYCLES = drawn(60, 10_000);
const AT_ONCE = 20;

interface Running {
  readonly system: System;
  readonly app: PrivateApp;
  readonly heavy: TestConnector;
  /** How many streams are open, as the hub knows it. */
  readonly streams: () => Promise<number>;
}

/** WebSockets of a private app. @param given What runs. */
export function webSocketTests(given: () => Running): void {
  let { system, app, heavy, streams } = {} as Running;
  beforeAll(() => {
    ({ system, app, heavy, streams } = given());
  });

  describe("WebSockets through an agent", () => {
    const open = (path: string, protocols: string[] = []) =>
      new Promise<WebSocket>((resolve, reject) => {
        const host = `wiki.localhost:${system.port}`;
        const socket = new WebSocket(`ws://127.0.0.1:${system.port}${path}`, protocols, {
          headers: { host },
          origin: `http://${host}`,
        });
        socket.on("open", () => resolve(socket)).on("error", reject);
      });
    const echo = (socket: WebSocket, message: string | Buffer) =>
      new Promise<string | Buffer>((resolve) => {
        socket.once("message", (data, isBinary) => resolve(isBinary ? (data as Buffer) : data.toString()));
        socket.send(message);
      });

    it("echo text and bytes of any size, with the subprotocol that the application chose", async () => {
      const socket = await open("/echo", ["chat", "other"]);
      expect(socket.protocol).toBe("chat");
      expect(await echo(socket, "grüß dich")).toBe("grüß dich");
      expect(await echo(socket, "")).toBe("");
      const large = fileBytes(0, MIB + 3);
      expect(large.equals((await echo(socket, large)) as Buffer)).toBe(true);
      socket.terminate();
    });

    it(`come and go ${CYCLES} times and leave nothing behind, here and there`, {
      timeout: 60_000 + CYCLES * 60,
    }, async () => {
      const files = () => openFiles(heavy.pid);
      await Promise.all(Array.from({ length: AT_ONCE }, () => cycle("/echo/first")));
      const [before, memory] = [files(), memoryOf(heavy.pid)];
      const began = performance.now();
      for (let done = 0; done < CYCLES; done += AT_ONCE)
        await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => cycle(`/echo/${i}`)));
      await expect.poll(streams).toBe(0);
      await expect.poll(() => app.open.size).toBe(0);
      await expect.poll(files).toBeLessThanOrEqual(before);
      if (isSoak) {
        const seconds = ((performance.now() - began) / 1_000).toFixed(1);
        console.info(
          `${CYCLES} cycles in ${seconds} s; the agent had ${memory} MB, and has ${memoryOf(heavy.pid)} MB`,
        );
      }
    });

    /** Opens, says something and closes, each second one by the application. */
    async function cycle(path: string): Promise<void> {
      const socket = await open(path);
      expect(await echo(socket, "here")).toBe("here");
      const closed = new Promise((resolve) => socket.on("close", resolve));
      if (cycles++ % 2 === 0) socket.send("bye");
      else socket.close();
      await closed;
    }
    let cycles = 0;

    it("pass the close of either side on", async () => {
      const closing = await open("/echo");
      const closed = new Promise((resolve) => {
        closing.on("close", (code, reason) => resolve([code, reason.toString()]));
      });
      closing.send("bye");
      expect(await closed).toEqual([4321, "bye"]);
      const leaving = await open("/echo/leave");
      expect(await echo(leaving, "here")).toBe("here");
      leaving.close(4000, "enough");
      await expect.poll(() => app.open.has("/echo/leave")).toBe(false);
    });
  });
}
