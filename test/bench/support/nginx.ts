import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../support/mesh.ts";

const NGINX = "/usr/sbin/nginx";

/** What this machine lacks for nginx, or null. */
export const whyNoNginx = (): string | null => (existsSync(NGINX) ? null : `lacks ${NGINX}`);

export interface Nginx {
  stop(): Promise<void>;
}

/** An application that serves the files of a directory, and a proxy in front of it that checks nothing. */
export async function startNginx(files: string, upstreamPort: number, proxyPort: number): Promise<Nginx> {
  const directory = mkdtempSync(join(tmpdir(), "rustronaut-nginx-"));
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${directory}/${name};`)
    .join(" ");
  const config = join(directory, "nginx.conf");
  writeFileSync(
    config,
    `daemon off; user root; worker_processes 1; pid ${directory}/pid; error_log ${directory}/error.log;
events { worker_connections 1024; }
http {
  access_log off; ${paths} sendfile on; keepalive_requests 1000000;
  upstream app { server 127.0.0.1:${upstreamPort}; keepalive 16; }
  server { listen 127.0.0.1:${upstreamPort}; root ${files}; }
  server { listen 127.0.0.1:${proxyPort}; location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_max_temp_file_size 0; } }
}`,
  );
  const child = spawn(NGINX, ["-c", config, "-p", directory], { stdio: ["ignore", "ignore", "inherit"] });
  await until(
    "nginx listens",
    () =>
      new Promise<boolean>((resolve) => {
        const socket = connect(proxyPort, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
        socket.on("connect", () => socket.destroy());
      }),
    10,
    50,
  );
  return {
    stop: async () => {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
