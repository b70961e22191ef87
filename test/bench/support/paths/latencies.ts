import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

/** Round trips between all nodes of a network, slice after slice. */
export interface Latencies {
  readonly name: string;
  readonly nodes: number;
  /** Row-major matrices in ms; 0 where there is no value. */
  readonly slices: readonly Float64Array[];
  readonly secondsPerSlice: number;
}

interface Format {
  readonly name: string;
  readonly files: RegExp;
  /** Zhu et al. 2017: PlanetLab in steps of 14.7 hours, Seattle of 15.7 seconds. WonderProxy is one day. */
  readonly secondsPerSlice: number;
  readonly read: (texts: readonly string[]) => { nodes: number; slices: Float64Array[] };
}

const FORMATS: readonly Format[] = [
  { name: "planetlab", files: /^slice_\d+\.csv(\.gz)?$/, secondsPerSlice: 14.7 * 3_600, read: readMatrices },
  { name: "seattle", files: /^slices_.*\.csv(\.gz)?$/, secondsPerSlice: 15.7, read: readRows },
  { name: "wonderproxy", files: /^ping_.*\.csv(\.gz)?$/, secondsPerSlice: 86_400, read: readPairs },
];

/** Reads the sets that are in a folder or in the folders in it. */
export function readLatencies(folder: string): Latencies[] {
  const inside = readdirSync(folder).sort();
  const here = FORMATS.flatMap(({ name, files, secondsPerSlice, read }) => {
    const texts = inside.filter((file) => files.test(file)).map((file) => textOf(join(folder, file)));
    return texts.length > 0 ? [{ name, secondsPerSlice, ...read(texts) }] : [];
  });
  const folders = inside.map((name) => join(folder, name)).filter((path) => statSync(path).isDirectory());
  const below = folders
    .filter((path) => readdirSync(path).some((file) => FORMATS.some(({ files }) => files.test(file))))
    .flatMap(readLatencies);
  return [...here, ...below];
}

function textOf(path: string): string {
  const bytes = readFileSync(path);
  return (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString().trim();
}

const cellsOf = (line: string): number[] => line.split(",").map(Number);

/** A file for each slice: n lines of n values in ms. */
function readMatrices(texts: readonly string[]) {
  const slices = texts.map((text) => Float64Array.from(text.split("\n").flatMap(cellsOf), valid));
  return { nodes: Math.sqrt(slices[0]?.length ?? 0), slices };
}

/** `slice,source,0..n-1` in seconds. */
function readRows(texts: readonly string[]) {
  const lines = texts.flatMap((text) => text.split("\n").slice(1));
  const nodes = (lines[0] ?? "").split(",").length - 2;
  const slices = new Map<number, Float64Array>();
  for (const line of lines) {
    const [slice = 0, source = 0, ...row] = cellsOf(line);
    const matrix = slices.get(slice) ?? new Float64Array(nodes * nodes);
    slices.set(slice, matrix);
    // Steps of 10 ms; the product is rounded, so that it stays what was written.
    matrix.set(
      row.map((seconds) => valid(Math.round(seconds * 1_000))),
      source * nodes,
    );
  }
  return { nodes, slices: [...slices].sort(([a], [b]) => a - b).map(([, matrix]) => matrix) };
}

/** `src,dst,min,avg,max,stddev` in ms, of some sites; the average is taken. */
function readPairs(texts: readonly string[]) {
  const rows = texts.flatMap((text) => text.split("\n").slice(1)).map(cellsOf);
  const sites = [...new Set(rows.flatMap(([from = 0, to = 0]) => [from, to]))].sort((a, b) => a - b);
  const numberOf = new Map(sites.map((site, index) => [site, index]));
  const matrix = new Float64Array(sites.length ** 2);
  for (const [from = 0, to = 0, , avg = 0] of rows)
    matrix[(numberOf.get(from) ?? 0) * sites.length + (numberOf.get(to) ?? 0)] = valid(avg);
  return { nodes: sites.length, slices: [matrix] };
}

const valid = (ms: number): number => Math.max(ms, 0);
