import { REGIONS, SESSION_SHARDS } from "./types.ts";

const SEGMENT = /^[a-z0-9_]{1,40}$/;
const SHARD = /^(0|[1-9][0-9]?)$/;

/**
 * Whether `text` is a possible name of a session object: `<segment>/<region>/<shard>`. The check matters
 * because using a name creates the object.
 */
export function isOwner(text: string): boolean {
  const [segment = "", region = "", shard = "", ...rest] = text.slice(0, 80).split("/");
  return (
    rest.length === 0 &&
    SEGMENT.test(segment) &&
    REGIONS.some((name) => name === region) &&
    SHARD.test(shard) &&
    Number(shard) < SESSION_SHARDS
  );
}
