/**
 * Facts that the schema names but nothing measures yet. A policy about them would hold always or never, so it
 * is refused when it is published. Entity types are literals in Cedar, so every use can be found.
 */
const TYPES = new Set(["Device"]);

/** The keys under which Cedar's JSON names an entity type. */
const TYPE_KEYS = new Set(["type", "entity_type"]);

/** The first such fact in a statement of Cedar's JSON, in words, or null. */
export function unsourcedFact(json: unknown): string | null {
  const open: unknown[] = [json];
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    if (typeof part !== "object" || part === null) continue;
    for (const [key, value] of Object.entries(part)) {
      if (TYPE_KEYS.has(key) && TYPES.has(value as string)) return noSource(String(value));
      // Annotations are skipped, because they have no meaning and may contain anything.
      if (key !== "annotations") open.push(value);
    }
  }
  return null;
}

const noSource = (fact: string): string =>
  `names ${fact}, which has no source yet: such a policy would hold always or never`;
