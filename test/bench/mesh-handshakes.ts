import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { MeshRegistry } from "./support/mesh-registry.ts";
import { atLeast, type BenchResult, median } from "./support/result.ts";

const SIZES = [100, 1_000, 10_000];
const ROUNDS = 7;
const CALLS = 300;
const AT_ONCE = 16;
const KINDS = ["handshake", "poll", "report"] as const;
type Kind = (typeof KINDS)[number];

/** Asks the object of a segment as the Workers do, so many times, and says how long that took. */
const DRIVER = `
  export { SegmentMesh } from "./durable-objects/segment-mesh.ts";
  const ask = {
    learn: (object) => object.refresh(1),
    handshake: (object, node, n) =>
      object.admitHandshake(node, { counter: n, madeAt: Date.now(), statement: "statement-" + n }, 3),
    poll: (object, node, n, known) => object.directory(known, [{ node, counter: null }]),
    report: (object, node, n) =>
      object.telemetry(node, {
        handshake: Number.MAX_SAFE_INTEGER, sequence: n, receivedAt: Date.now(), applied: null, applyError: null,
        exitNode: "node-1", peers: [], clockSkewMs: 0,
      }),
  };
  export default {
    async fetch(request, env) {
      const { segment, kind, nodes, first, calls, atOnce, known } = await request.json();
      const object = env.SEGMENT_MESH.get(env.SEGMENT_MESH.idFromName(segment));
      let next = 0;
      const one = async () => {
        for (let n = next++; n < calls; n = next++) await ask[kind](object, nodes[n % nodes.length], first + n, known);
      };
      await Promise.all(Array.from({ length: atOnce }, one));
      const { version } = kind === "learn" ? await object.directory(1, []) : { version: known };
      return Response.json(version);
    },
  };
`;

/**
 * What one segment's object does per second, of what each node asks of it again and again, in networks of three sizes: a
 * handshake, a heartbeat with a poll, and a report that names an exit node by its name. Rounds of the sizes alternate.
 */
export default async function meshHandshakes(): Promise<BenchResult> {
  const bundle = await build({
    stdin: { contents: DRIVER, resolveDir: process.cwd(), loader: "ts" },
    bundle: true,
    format: "esm",
    write: false,
    external: ["cloudflare:*", "node:*"],
  });
  const meshes = await Promise.all(SIZES.map((size) => Mesh.start(size, bundle.outputFiles[0]?.text ?? "")));
  const rates = new Map<string, number[]>();
  for (let round = 0; round <= ROUNDS; round++) {
    for (const kind of KINDS) {
      for (const mesh of meshes) {
        const rate = await mesh.rate(kind);
        const key = `${kind}_${mesh.size}`;
        if (round > 0) rates.set(key, [...(rates.get(key) ?? []), rate]);
      }
    }
  }
  await Promise.all(meshes.map((mesh) => mesh.stop()));
  const of = (kind: Kind, size: number) => rates.get(`${kind}_${size}`) ?? [];
  const ratio = (kind: Kind) =>
    median(of(kind, 10_000).map((large, round) => large / (of(kind, 100)[round] ?? Number.NaN)));
  return {
    metrics: {
      ...Object.fromEntries(
        KINDS.flatMap((kind) => SIZES.map((size) => [`${kind}_${size}_nodes_per_s`, median(of(kind, size))])),
      ),
      ...Object.fromEntries(meshes.map(({ size, loadMs }) => [`first_build_${size}_nodes_ms`, loadMs])),
    },
    goals: KINDS.map((kind) =>
      atLeast(`${kind}s of one object, 10,000 nodes against 100`, ratio(kind), "ratio", 0.8),
    ),
  };
}

class Mesh {
  readonly size: number;
  readonly #run: Miniflare;
  readonly #registry: MeshRegistry;
  #asked = 1_000_000_001;
  /** Of the directory, as the isolates know it. */
  #known = 0;
  loadMs = 0;

  private constructor(size: number, run: Miniflare, registry: MeshRegistry) {
    this.size = size;
    this.#run = run;
    this.#registry = registry;
  }

  /** A network of one segment, built and signed. */
  static async start(size: number, script: string): Promise<Mesh> {
    const run = new Miniflare(
      convertV4MiniflareOptions({
        modules: true,
        script,
        compatibilityDate: "2026-10-01",
        compatibilityFlags: ["nodejs_compat"],
        cf: false,
        d1Databases: { DB: "registry" },
        durableObjects: { SEGMENT_MESH: { className: "SegmentMesh", useSQLite: true } },
        bindings: { SECRET_KEY: "dGVzdC1vbmx5LWtleS1vZi10aGlydHktdHdvLWJ5dGU" },
      }),
    );
    const registry = new MeshRegistry(size);
    await registry.write(await run.getD1Database("DB"));
    const mesh = new Mesh(size, run, registry);
    const started = performance.now();
    await mesh.#ask("learn", 1);
    mesh.loadMs = performance.now() - started;
    return mesh;
  }

  /** Calls per second. */
  async rate(kind: Kind): Promise<number> {
    const started = performance.now();
    await this.#ask(kind, CALLS);
    return CALLS / ((performance.now() - started) / 1_000);
  }

  async #ask(kind: Kind | "learn", calls: number): Promise<void> {
    const { segment } = this.#registry;
    const first = this.#asked;
    this.#asked += calls;
    const nodes = this.#registry.sample(CALLS);
    const body = JSON.stringify({ segment, kind, nodes, first, calls, atOnce: AT_ONCE, known: this.#known });
    const answer = await this.#run.dispatchFetch("http://driver/", { method: "POST", body });
    if (answer.status !== 200) throw new Error(await answer.text());
    this.#known = (await answer.json()) as number;
  }

  stop(): Promise<void> {
    return this.#run.dispose();
  }
}
