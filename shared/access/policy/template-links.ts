import { err, ok, type Result } from "../../base/result.ts";
import type { Slots } from "./template.ts";

const MAX_LINKS = 500;
const ASSIGNMENT =
  /^\s*(principal|resource)\s+([A-Za-z_][A-Za-z0-9_]*(?:::[A-Za-z_][A-Za-z0-9_]*)*)::'([^']*)'\s*$/;

/**
 * The links of a template, from its annotation `@links("principal User::'ann@example.com', resource
 * App::'wiki'; principal …")`. Semicolons separate the links. The links are part of the policy's own text, so
 * that a version of the policy is complete.
 */
export function parseLinks(annotation: string): Result<Slots[], string> {
  const links: Slots[] = [];
  for (const part of annotation.split(";")) {
    if (part.trim() === "") continue;
    const link: Record<string, { type: string; id: string }> = {};
    for (const assignment of part.split(",")) {
      const [, slot, type, id] = ASSIGNMENT.exec(assignment) ?? [];
      if (slot === undefined || type === undefined || id === undefined || link[slot]) {
        return err(`@links: ${assignment.trim().slice(0, 80)} is not like principal User::'ann@example.com'`);
      }
      link[slot] = { type, id };
    }
    links.push(link);
  }
  if (links.length === 0) return err("@links names no link");
  return links.length > MAX_LINKS ? err(`@links names more than ${MAX_LINKS} links`) : ok(links);
}
