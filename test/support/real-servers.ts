import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { postgresFolder } from "../../scripts/test/tools.ts";
import { freePort } from "./harness.ts";
import { until } from "./mesh.ts";

/** Debian's own servers, each in a folder of its own and on a port that was free. */
export interface RealServer {
  readonly port: number;
  readonly folder: string;
  stop(): void;
}

/** A PostgreSQL server whose superuser is `postgres`, without a password on this machine. */
export async function startPostgres(): Promise<RealServer> {
  const [folder, port, bin] = [
    mkdtempSync(join(tmpdir(), "rustronaut-pg-")),
    await freePort(),
    postgresFolder(),
  ];
  // PostgreSQL does not run as root.
  const user = process.getuid?.() === 0 ? idsOf("postgres") : {};
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid ?? user.uid);
  const data = join(folder, "data");
  execFileSync(`${bin}/initdb`, ["-D", data, "-U", "postgres", "--auth=trust", "--no-sync"], {
    ...{ ...user, stdio: "ignore", cwd: folder },
  });
  const words = ["-D", data, "-p", String(port), "-h", "127.0.0.1", "-k", folder, "-F"];
  const child = spawn(`${bin}/postgres`, words, { ...user, stdio: "ignore", cwd: folder });
  return serving(child, port, folder);
}

/** An OpenSSH server that lets in who runs the test, by the key `<folder>/key`. */
export async function startSshd(): Promise<RealServer> {
  const [folder, port] = [mkdtempSync(join(tmpdir(), "rustronaut-ssh-")), await freePort()];
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true });
  for (const name of ["host", "key"])
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, name)]);
  writeFileSync(join(folder, "authorized"), readFileSync(join(folder, "key.pub")), { mode: 0o600 });
  const config = {
    ...{
      Port: port,
      ListenAddress: "127.0.0.1",
      HostKey: join(folder, "host"),
      PidFile: "none",
      UsePAM: "no",
    },
    ...{ AuthorizedKeysFile: join(folder, "authorized"), StrictModes: "no", PasswordAuthentication: "no" },
  };
  const path = join(folder, "sshd_config");
  writeFileSync(
    path,
    Object.entries(config)
      .map((line) => `${line.join(" ")}\n`)
      .join(""),
  );
  const child = spawn("/usr/sbin/sshd", ["-D", "-e", "-f", path], { stdio: "ignore" });
  return serving(child, port, folder);
}

async function serving(child: ChildProcess, port: number, folder: string): Promise<RealServer> {
  await until(`a server listens at ${port}`, () => answers(port), 20, 50);
  return {
    port,
    folder,
    stop: () => {
      child.kill("SIGINT");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.on("error", () => resolve(false));
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });

function idsOf(user: string): { readonly uid?: number; readonly gid?: number } {
  const id = (flag: string) => Number(execFileSync("id", [flag, user], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}
