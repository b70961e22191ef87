import { createServer, type Server } from "node:net";
import { Duplex } from "node:stream";
import type { Command } from "commander";
import { messageOf } from "../../shared/base/errors/cause.ts";
import type { App } from "../app.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { join } from "../tcp/connection.ts";
import { wayTo } from "../tcp/way.ts";

const WHO =
  "the app by its name or host; you open it as yourself (`rustronaut login`), or by RUSTRONAUT_SERVICE_TOKEN";

export function addTcpCommands(program: Command, app: App): void {
  program
    .command("tcp")
    .description("Open a TCP app, such as a database, on a port of this machine")
    .argument("<app>", WHO)
    .option(
      "--listen <address>",
      "where programs of this machine find it, such as 127.0.0.1:5432",
      "127.0.0.1:0",
    )
    .action(async (reference: string, options: { listen: string }) => {
      const at = listenAddress(options.listen);
      const way = await wayTo(app, reference);
      const server = createServer({ allowHalfOpen: true }, (local) => {
        // A program may leave before the connection is open.
        local.on("error", () => local.destroy());
        way
          .open()
          .then((socket) => join(socket, local))
          .then((reason) => reason !== null && app.note(`A connection was cut: ${reason}`))
          .catch((error: unknown) => {
            local.destroy();
            app.note(`A connection was refused: ${toldOf(error)}`);
          });
      });
      await listen(server, at);
      app.note(`${way.host} is at ${at.host}:${portOf(server)}; end it with Ctrl-C`);
      await new Promise<void>((resolve) => app.io.interrupted.addEventListener("abort", () => resolve()));
      server.close();
    });

  program
    .command("ssh-proxy")
    .description("Open a TCP app on stdin and stdout, for ProxyCommand of ssh")
    .argument("<app>", WHO)
    .action(async (reference: string) => {
      const socket = await (await wayTo(app, reference)).open();
      const reason = await join(socket, Duplex.from({ readable: process.stdin, writable: process.stdout }));
      if (reason !== null) throw new Failure(EXIT.failure, "The connection was cut", { detail: reason });
    });
}

/** Why, in one line. */
const toldOf = (error: unknown): string =>
  error instanceof Failure
    ? [error.title, error.detail, error.hint].filter(Boolean).join(". ")
    : messageOf(error);

function listenAddress(text: string): { readonly host: string; readonly port: number } {
  const [, host = "", port = ""] = /^(?:\[([^\]]+)\]|[^:]+):(\d{1,5})$/.exec(text)
    ? (/^(.+):(\d{1,5})$/.exec(text) ?? [])
    : [];
  if (host !== "" && Number(port) <= 65_535)
    return { host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
  throw new Failure(EXIT.usage, `${text} is no address to listen at`, {
    hint: "Give one such as 127.0.0.1:5432; port 0 takes any that is free.",
  });
}

const listen = (server: Server, at: { readonly host: string; readonly port: number }): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", (error) =>
      reject(
        new Failure(EXIT.failure, `Nothing can listen at ${at.host}:${at.port}`, {
          detail: messageOf(error),
        }),
      ),
    );
    server.listen(at, resolve);
  });

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
