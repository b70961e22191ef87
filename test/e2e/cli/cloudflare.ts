import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { chmod, copyFile, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { type Platform, startPlatform } from "../../../scripts/local/platform.ts";
import { closeServer, freePort } from "../../support/harness.ts";
import { type Ended, Shell } from "./process.ts";

const REPOSITORY_FILE = fileURLToPath(new URL("../../../wrangler.toml", import.meta.url));

/** What wrangler was asked to do, as one typed it. */
export interface WranglerCall {
  readonly words: string;
  readonly input: string;
}

/**
 * Stands in for a Cloudflare account: an executable `wrangler` that records what it is asked, and what that leads to.
 * What is deployed is the real Worker in workerd, behind a front that holds the port of its hosts.
 */
export class Cloudflare {
  readonly shell: Shell;
  readonly port: number;
  readonly calls: WranglerCall[] = [];
  readonly secrets = new Map<string, string>();
  /** Ids of the databases, by name. */
  readonly databases = new Map<string, string>();
  isSignedIn = true;
  /** Told of each change after it was made. False cuts the run off: it never learns of it, and does nothing more. */
  onChange: (what: string) => boolean = () => true;
  readonly #developmentHosts: readonly string[];
  readonly #control: Server;
  readonly #front: Server;
  #platform: Platform | null = null;
  #cut: () => void = () => undefined;

  private constructor(shell: Shell, port: number, developmentHosts: readonly string[]) {
    this.shell = shell;
    this.port = port;
    this.#developmentHosts = developmentHosts;
    this.#control = createServer((incoming, outgoing) => void this.#obey(incoming, outgoing));
    this.#front = createServer((incoming, outgoing) => void this.#forward(incoming, outgoing));
  }

  static async open(developmentHosts: readonly string[]): Promise<Cloudflare> {
    const cloudflare = new Cloudflare(await Shell.open(), await freePort(), developmentHosts);
    cloudflare.#control.listen(0, "127.0.0.1");
    cloudflare.#front.listen(cloudflare.port, "127.0.0.1");
    await Promise.all([once(cloudflare.#control, "listening"), once(cloudflare.#front, "listening")]);
    const { port } = cloudflare.#control.address() as AddressInfo;
    await writeFile(cloudflare.wrangler, standIn(port));
    await chmod(cloudflare.wrangler, 0o700);
    await copyFile(REPOSITORY_FILE, cloudflare.config);
    return cloudflare;
  }

  get wrangler(): string {
    return this.shell.path("wrangler");
  }
  get config(): string {
    return this.shell.path("wrangler.toml");
  }
  get authOrigin(): string {
    return `http://auth.localhost:${this.port}`;
  }
  get hubOrigin(): string {
    return `http://hub.localhost:${this.port}`;
  }
  get platform(): Platform {
    if (!this.#platform) throw new Error("nothing is deployed");
    return this.#platform;
  }

  /** Runs `rustronaut init`; it ends with null where a change was never answered, as after a power cut. */
  init(...more: readonly string[]): Promise<Ended> {
    const places = ["--zone", "localhost", "--auth-host", this.authOrigin, "--hub-host", this.hubOrigin];
    const words = ["init", ...places, "--config", this.config, "--wrangler", this.wrangler, ...more];
    const cut = new Promise<Ended>((resolve) => {
      this.#cut = () => resolve({ code: null, out: "", err: "" });
    });
    return Promise.race([this.shell.run(words), cut]);
  }

  async close(): Promise<void> {
    closeServer(this.#control);
    closeServer(this.#front);
    await this.#platform?.stop();
  }

  async #obey(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { args, input } = JSON.parse(await text(incoming)) as { args: string[]; input: string };
    const words = args.filter((word, at) => word !== "--config" && args[at - 1] !== "--config").join(" ");
    this.calls.push({ words, input });
    const answer = await this.#perform(words, input);
    if (answer.changed && !this.onChange(words)) return this.#cut();
    outgoing.end(JSON.stringify(answer));
  }

  async #perform(words: string, input: string) {
    const said = (out: unknown) => ({ code: 0, out: JSON.stringify(out, null, 2), err: "", changed: false });
    const done = { code: 0, out: "", err: "", changed: true };
    const [verb = "", name = ""] = [words.split(" ").slice(0, 2).join(" "), words.split(" ")[2]];
    switch (verb) {
      case "whoami --json":
        return this.isSignedIn
          ? said({ loggedIn: true, accounts: [{ id: "a1", name: "Example" }] })
          : { ...said({ loggedIn: false }), code: 1 };
      case "d1 list":
        return said([...this.databases].map(([database, uuid]) => ({ name: database, uuid })));
      case "d1 create":
        this.databases.set(name, randomUUID());
        return done;
      case "d1 migrations":
        return done;
      case "secret list":
        if (this.secrets.size === 0 && !this.#platform)
          return { ...done, code: 1, err: 'X [ERROR] Worker "rustronaut" not found.', changed: false };
        return said([...this.secrets.keys()].map((key) => ({ name: key, type: "secret_text" })));
      case "secret put":
        this.secrets.set(name, input);
        if (this.#platform) await this.#deploy();
        return done;
      case "secret delete":
        this.secrets.delete(name);
        return done;
      case "deploy":
        if (!this.#platform) await this.#deploy();
        return done;
      default:
        return { ...done, code: 1, err: `the stand-in does not know ${words}`, changed: false };
    }
  }

  async #deploy(): Promise<void> {
    await this.#platform?.stop();
    this.#platform = await startPlatform({
      persistTo: this.shell.path("data"),
      authOrigin: this.authOrigin,
      hubOrigin: this.hubOrigin,
      secretKey: this.secrets.get("SECRET_KEY") ?? "",
      bootstrapToken: this.secrets.get("BOOTSTRAP_TOKEN") ?? "none yet, but of 32 characters",
      developmentHosts: this.#developmentHosts,
      quiet: true,
      withoutDashboard: true,
    });
  }

  async #forward(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = "GET", url: path = "/", headers } = incoming;
    if (!this.#platform) return void outgoing.writeHead(530).end();
    const inner = request({ host: "127.0.0.1", port: this.#platform.port, method, path, headers });
    inner.end(await text(incoming));
    const [answer] = (await once(inner, "response")) as [IncomingMessage];
    const body = await text(answer);
    if (method !== "GET" && answer.statusCode === 201 && !this.onChange(`${method} ${path}`))
      return this.#cut();
    const { "transfer-encoding": _, ...fields } = answer.headers;
    outgoing.writeHead(answer.statusCode ?? 502, fields);
    outgoing.end(body);
  }
}

const standIn = (port: number): string => `#!${process.execPath}
const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const body = JSON.stringify({ args: process.argv.slice(2), input: Buffer.concat(chunks).toString() });
const answer = await fetch("http://127.0.0.1:${port}", { method: "POST", body });
const { code, out, err } = await answer.json();
process.stdout.write(out);
process.stderr.write(err);
process.exitCode = code;
`;
