import { createPrivateKey, createPublicKey } from "node:crypto";
import { rm } from "node:fs/promises";
import { connect } from "node:net";

/**
 * The socket of wireguard-go (https://www.wireguard.com/xplatform). Requests and answers are lines of `key=value`, and
 * an empty line ends them. Keys have hexadecimal digits here, and base64 everywhere else in the agent.
 */

const UAPI_DIRECTORY = "/var/run/wireguard";
const TIMEOUT_MS = 5_000;
const MAX_ANSWER = 64 * 1024 * 1024;

export type Line = readonly [key: string, value: string | number];

/** The daemon did not do what it was asked, or its answer did not come. The state of the device is not known. */
export class UapiFailed extends Error {
  override readonly name = "UapiFailed";
}

export const uapiSocketOf = (interfaceName: string): string => `${UAPI_DIRECTORY}/${interfaceName}.sock`;

/**
 * Sends one request, and gives the lines of the answer.
 * @returns `missing` when there is no socket; `dead` when no daemon listens on the socket.
 * @throws UapiFailed.
 */
export async function askUapi(path: string, request: readonly Line[]): Promise<Line[] | "missing" | "dead"> {
  const text = await exchange(path, `${request.map(([key, value]) => `${key}=${value}\n`).join("")}\n`);
  if (text === "missing" || text === "dead") return text;
  const lines = text
    .split("\n")
    .filter((line) => line !== "")
    .map((line): Line => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]);
  const errno = lines.findLast(([key]) => key === "errno")?.[1];
  if (errno !== "0") throw new UapiFailed(`wireguard-go refuses with the error ${errno ?? "of no number"}`);
  return lines.filter(([key]) => key !== "errno");
}

function exchange(path: string, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const socket = connect(path, () => socket.write(request));
    const end = (settle: () => void) => {
      clearTimeout(timer);
      socket.destroy();
      settle();
    };
    const fail = (why: string) => end(() => reject(new UapiFailed(`wireguard-go can't be asked: ${why}`)));
    const timer = setTimeout(() => fail(`no answer in ${TIMEOUT_MS / 1_000} s`), TIMEOUT_MS);
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MAX_ANSWER) fail(`its answer has more than ${MAX_ANSWER} bytes`);
      else if (endsAnswer(chunks)) end(() => resolve(Buffer.concat(chunks).toString("utf8")));
    });
    socket.on("close", () => fail("it broke off"));
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") end(() => resolve("missing"));
      else if (error.code === "ECONNREFUSED") end(() => resolve("dead"));
      else fail(error.message);
    });
  });
}

/** Ends a daemon by removing its socket, and waits until it has ended. Without a daemon, it does nothing. */
export function endDaemon(path: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(path, () => void rm(path, { force: true }));
    const timer = setTimeout(() => socket.destroy(), TIMEOUT_MS);
    socket.on("error", () => undefined).resume();
    socket.on("close", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Whether the answer is complete. An empty line ends it, and its last bytes may come in two pieces. */
function endsAnswer(chunks: readonly Buffer[]): boolean {
  const end = Buffer.concat(chunks.slice(-2)).subarray(-2).toString("latin1");
  return end === "\n\n";
}

export const hexOf = (key: string): string => Buffer.from(key, "base64").toString("hex");
export const base64Of = (hex: string): string => Buffer.from(hex, "hex").toString("base64");

/** The bytes before the 32 bytes of an X25519 private key in DER form (RFC 8410 §7). */
const PKCS8 = Buffer.from("302e020100300506032b656e04220420", "hex");

/** The base64 public key of a private key in hexadecimal digits. */
export function publicKeyOf(privateHex: string): string {
  const key = Buffer.concat([PKCS8, Buffer.from(privateHex, "hex")]);
  const spki = createPublicKey(createPrivateKey({ key, format: "der", type: "pkcs8" }));
  return spki.export({ format: "der", type: "spki" }).subarray(-32).toString("base64");
}
