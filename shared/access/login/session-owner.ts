import { sha256 } from "@noble/hashes/sha2.js";
import { REGIONS, type Region, SESSION_SHARDS, SIGN_IN_SEGMENT } from "../sessions/types.ts";

/** Where a caller is, as far as the platform knows. */
export interface Place {
  readonly continent?: string | undefined;
  readonly country?: string | undefined;
  /** Decimal degrees as text. */
  readonly longitude?: string | undefined;
}

const MIDDLE_EAST = new Set([..."AE BH IL IQ IR JO KW LB OM PS QA SA SY TR YE".split(" ")]);

/** The region nearest to a place. Western Europe if nothing about the place is known. */
export function nearestRegion({ continent, country, longitude }: Place): Region {
  const east = Number(longitude ?? Number.NaN);
  if (country !== undefined && MIDDLE_EAST.has(country)) return "me";
  switch (continent) {
    case "NA":
      return east < -100 ? "wnam" : "enam";
    case "SA":
      return "sam";
    case "EU":
      return east > 20 ? "eeur" : "weur";
    case "AS":
      return "apac";
    case "OC":
      return "oc";
    case "AF":
      return "afr";
    default:
      return "weur";
  }
}

/**
 * The name of the object that owns a user's sessions in a segment and region. The name is always the same for
 * the same user.
 */
export function sessionOwner(segmentId: string, region: Region, userId: string): string {
  const digest = sha256(new TextEncoder().encode(userId));
  const number = new DataView(digest.buffer, digest.byteOffset).getUint32(0);
  return `${segmentId}/${region}/${number % SESSION_SHARDS}`;
}

export function asRegion(text: string | null): Region | null {
  return REGIONS.find((region) => region === text) ?? null;
}

export interface OwnerParts {
  readonly segmentId: string;
  readonly region: Region;
  readonly shard: number;
}

/**
 * The parts of an owner's name. Null if no object can have that name. This function doesn't check whether the
 * segment exists.
 */
export function parseOwner(owner: string): OwnerParts | null {
  const [segmentId = "", regionText = "", shardText = "", ...rest] = owner.split("/");
  const region = asRegion(regionText);
  const shard = /^(?:0|[1-9][0-9]?)$/.test(shardText) ? Number(shardText) : -1;
  const segmentFits = segmentId === SIGN_IN_SEGMENT || /^seg_[0-9a-hjkmnp-tv-z]{26}$/.test(segmentId);
  if (!segmentFits || !region || shard < 0 || shard >= SESSION_SHARDS || rest.length > 0) return null;
  return { segmentId, region, shard };
}
