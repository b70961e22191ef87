import { ApiError, type Called, type Client, createClient } from "../shared/api/client.ts";
import type { EndpointId } from "../shared/api/endpoints.ts";
import { messageOf } from "../shared/base/errors/cause.ts";
import { printableLines } from "../shared/base/printable.ts";
import { currentConfig } from "./config.ts";
import { EXIT, exitCodeOfStatus } from "./exit-codes.ts";
import { Failure } from "./failure.ts";
import { fileFailure } from "./file-failure.ts";
import { localFetch } from "./http/fetch.ts";
import type { Io } from "./io.ts";

/** What a command works with. */
export interface App {
  readonly io: Io;
  /** Whether the answer is for a program. */
  readonly json: () => boolean;
  /** The hub that the configuration names, as whoever is signed in there. */
  readonly hub: () => Promise<Hub>;
  /** Prints the result once: as JSON for programs, else as a person reads it. */
  readonly emit: (data: unknown, human: () => string) => void;
  /** Tells a person something beside the result; programs are not bothered. */
  readonly note: (text: string) => void;
}

export interface Hub {
  readonly origin: string;
  readonly token: string;
  readonly client: Client;
  /** Calls an endpoint whose id is only known at run time. */
  readonly call: (id: EndpointId, input?: LooseInput) => Promise<Called<unknown>>;
}

export interface LooseInput {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly ifMatch?: string;
}

/** @param note Why what a command changes is changed, for its history. */
export function openApp(io: Io, json: () => boolean, note: () => string | undefined = () => undefined): App {
  return {
    io,
    json,
    hub: async () => {
      const { hub, token } = await currentConfig(io.env);
      return connect(hub, token, note());
    },
    emit: (data, human) => io.out(json() ? `${JSON.stringify(data, null, 2)}\n` : printableLines(human())),
    note: (text) => {
      if (!json()) io.err(`${printableLines(text)}\n`);
    },
  };
}

export function connect(origin: string, token: string, note?: string): Hub {
  const headers = note === undefined ? {} : { "x-rustronaut-note": encodeURIComponent(note) };
  const client = createClient({ fetch: localFetch, baseUrl: origin, token, headers });
  // The catalogue types each call by its literal id; commands made from the catalogue have only a string.
  const call = client.call as unknown as Hub["call"];
  return { origin, token, client, call };
}

/** Anything that a command threw, as a failure for the person. */
export function toFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof ApiError) return failureOfProblem(error);
  if (error instanceof SyntaxError)
    return new Failure(EXIT.failure, "The answer did not come from a Rustronaut hub", {
      hint: "Check the hub's address (`rustronaut whoami`, RUSTRONAUT_HUB).",
    });
  const trouble = fileFailure(error);
  if (trouble) return trouble;
  const message = messageOf(error);
  // The connection broke in the middle of an answer.
  if (error instanceof Error && "code" in error && error.code === "ECONNRESET")
    return new Failure(EXIT.unavailable, "The hub did not answer", { detail: message, hint: "Try again." });
  // What nobody foresaw is our fault, and a script must not retry it as an outage.
  return new Failure(EXIT.failure, "Something went wrong in this program", {
    detail: message,
    hint: "Please report it with what you typed.",
  });
}

function failureOfProblem({ problem }: ApiError): Failure {
  const numbers = [problem.request_id, problem.decision_id].filter(
    (number) => number !== undefined && !problem.detail.includes(number),
  );
  return new Failure(exitCodeOfStatus(problem.status), problem.title, {
    detail: [problem.detail, numbers.join(", ")].filter(Boolean).join("\n"),
    code: problem.code,
    issues: problem.issues ?? [],
    ...hintFor(problem.status),
  });
}

function hintFor(status: number): { hint?: string } {
  switch (status) {
    case 401:
      return { hint: "Run `rustronaut login` to sign in again." };
    case 403:
      return { hint: "Ask an owner for a higher role; `rustronaut whoami` shows yours." };
    case 412:
      return { hint: "Look at it as it is now, then try again." };
    case 429:
    case 502:
    case 503:
    case 504:
      return { hint: "Try again in a moment." };
    default:
      return {};
  }
}
