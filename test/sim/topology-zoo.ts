import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { DOMParser } from "@xmldom/xmldom";
import { Graph, type Link } from "../../shared/paths/graph.ts";

/** Light takes 5 µs for a kilometre of fibre, there and back 10. */
const MS_PER_KM = 0.01;
/** For a link between nodes without coordinates, or at one place. */
const LEAST_MS = 0.1;
const EARTH_KM = 6_371;

export interface Network {
  readonly name: string;
  readonly graph: Graph;
}

/** The Internet Topology Zoo's graphs (Knight et al. 2011), with round trips that follow from the nodes' coordinates. */
export function readZoo(folder: string, isTaken: (file: string) => boolean = () => true): Network[] {
  return readdirSync(folder)
    .filter((file) => /\.graphml(\.gz)?$/.test(file) && isTaken(file))
    .sort()
    .map((file) => {
      const bytes = readFileSync(join(folder, file));
      const text = (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString();
      return { name: file.replace(/\.graphml(\.gz)?$/, ""), graph: parse(text) };
    });
}

function parse(text: string): Graph {
  const document = new DOMParser({ onError: () => {} }).parseFromString(text, "text/xml");
  const keys = new Map(
    [...document.getElementsByTagName("key")].map((key) => [
      key.getAttribute("id"),
      key.getAttribute("attr.name"),
    ]),
  );
  const nodes = [...document.getElementsByTagName("node")];
  const numberOf = new Map(nodes.map((node, index) => [node.getAttribute("id"), index]));
  const places = nodes.map((node) => {
    const data = new Map(
      [...node.getElementsByTagName("data")].map((item) => [
        keys.get(item.getAttribute("key")),
        Number(item.textContent),
      ]),
    );
    return { latitude: data.get("Latitude") ?? Number.NaN, longitude: data.get("Longitude") ?? Number.NaN };
  });
  const links = [...document.getElementsByTagName("edge")].flatMap((edge): Link[] => {
    const a = numberOf.get(edge.getAttribute("source")) ?? 0;
    const b = numberOf.get(edge.getAttribute("target")) ?? 0;
    if (a === b) return [];
    const km = distanceKm(places[a] as Place, places[b] as Place);
    return [{ a, b, ms: Math.max(LEAST_MS, Number.isNaN(km) ? LEAST_MS : km * MS_PER_KM) }];
  });
  return new Graph(nodes.length, links);
}

interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

/** Along a great circle (the haversine formula). */
function distanceKm(one: Place, other: Place): number {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const [north, east] = [radians(other.latitude - one.latitude), radians(other.longitude - one.longitude)];
  const chord =
    Math.sin(north / 2) ** 2 +
    Math.cos(radians(one.latitude)) * Math.cos(radians(other.latitude)) * Math.sin(east / 2) ** 2;
  return 2 * EARTH_KM * Math.asin(Math.sqrt(chord));
}
