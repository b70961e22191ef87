import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { serveControl } from "../../../agent/control/server.ts";
import { EXIT } from "../../../agent/exit-codes.ts";
import { Failure } from "../../../agent/failure.ts";
import { run } from "../../../agent/run.ts";

/** What a hub may have said, in root's terminal: clears it, hides a word, runs back over the line. */
const HOSTILE = "\u001b[2J\u202egone\r\u009b31m";

const STATUS = {
  standing: "refused",
  detail: HOSTILE,
  applyError: HOSTILE,
  conditions: [{ code: "names_unwritten", detail: HOSTILE }],
  name: HOSTILE,
  node: "nod_1",
  network: HOSTILE,
  hub: "https://hub.example",
  addresses: [],
  interface: "rn0",
  listenPort: 1,
  serial: null,
  freshAt: null,
  clockSkewMs: 0,
  peersHeld: true,
  peers: [
    { name: HOSTILE, addresses: [], endpoint: null, handshakeAt: null, receivedBytes: 0, sentBytes: 0 },
  ],
};

/** Everything that a command prints to both streams. */
async function printed(argv: readonly string[], answer: () => Promise<unknown>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "rn-output-"));
  const control = await serveControl(directory, answer);
  let text = "";
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, "write").mockImplementation((chunk) => {
      text += String(chunk);
      return true;
    }),
  );
  try {
    await run([...argv, "--state-dir", directory]);
  } finally {
    for (const spy of spies) spy.mockRestore();
    await control.close();
    await rm(directory, { recursive: true });
  }
  return text;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const STEERING = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/;

test.each([
  ["as a status", async () => STATUS],
  ["as a failure", async () => Promise.reject(new Failure(EXIT.refused, "refused", HOSTILE, HOSTILE))],
])("what a hub says %s never steers the terminal", async (_, answer) => {
  const text = await printed(["status"], answer);
  expect(text).toContain("gone");
  expect(text).not.toMatch(STEERING);
});
