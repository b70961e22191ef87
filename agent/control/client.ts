import { connect } from "node:net";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { type ControlAnswer, type ControlRequest, socketPath } from "./protocol.ts";

/** Asks the running agent. @throws Failure when no agent runs, or when the agent can't do what was asked. */
export async function ask<T>(stateDirectory: string, request: ControlRequest): Promise<T> {
  const text = await exchange(socketPath(stateDirectory), `${JSON.stringify(request)}\n`);
  const answer = JSON.parse(text) as ControlAnswer;
  if (!answer.ok) throw new Failure(exitCodeOf(answer.code), answer.code, answer.message);
  return answer.value as T;
}

const exitCodeOf = (code: string) => (code === "no_such_node" ? EXIT.notFound : EXIT.failure);

function exchange(path: string, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(path, () => socket.write(line));
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      text += chunk;
    });
    socket.on("end", () => (text === "" ? reject(noAgent()) : resolve(text)));
    socket.on("error", (error: NodeJS.ErrnoException) =>
      reject(error.code === "EACCES" ? notAllowed() : noAgent()),
    );
  });
}

const noAgent = () =>
  new Failure(EXIT.notFound, "not_running", "No agent runs here", "Start it with `rustronaut-agent up`.");
const notAllowed = () =>
  new Failure(EXIT.machine, "not_root", "Only root may speak to the agent", "Run it with sudo.");
