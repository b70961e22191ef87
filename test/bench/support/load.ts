import { Agent, request } from "node:http";

type Headers = Readonly<Record<string, string>>;

export interface LoadOptions {
  readonly port: number;
  readonly path: string;
  /** The same for all requests, or what the next request of a connection carries. */
  readonly headers: Headers | ((connection: number) => Headers);
  /** What each must answer; 200 unless said. */
  readonly status?: number;
  readonly connections: number;
  readonly seconds: number;
}

export interface Load {
  readonly perSecond: number;
  /** Milliseconds of each request. */
  readonly latencies: number[];
}

/** Keeps `connections` requests under way for `seconds`. */
export async function load(options: LoadOptions): Promise<Load> {
  const { port, path, headers, status = 200, connections, seconds } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const latencies: number[] = [];
  const begin = performance.now();
  const end = begin + seconds * 1_000;
  const worker = async (connection: number) => {
    while (performance.now() < end) {
      const carried = typeof headers === "function" ? headers(connection) : headers;
      const sent = performance.now();
      await once(agent, { port, path, headers: carried }, status);
      latencies.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: connections }, (_, connection) => worker(connection)));
  agent.destroy();
  return { perSecond: (latencies.length * 1_000) / (performance.now() - begin), latencies };
}

function once(
  agent: Agent,
  target: { readonly port: number; readonly path: string; readonly headers: Headers },
  status: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", ...target, agent }, (response) => {
      if (response.statusCode !== status) reject(new Error(`${target.path} answered ${response.statusCode}`));
      response.on("end", resolve).resume();
    })
      .on("error", reject)
      .end();
  });
}
