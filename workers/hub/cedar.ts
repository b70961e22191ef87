import * as cedar from "@cedar-policy/cedar-wasm/web";
// @ts-expect-error: workerd gives a WebAssembly.Module for it; there is no declaration.
import module from "../../node_modules/@cedar-policy/cedar-wasm/web/cedar_wasm_bg.wasm";
import type { InputIssue } from "../../shared/errors/catalogue.ts";
import { CompileError } from "../../shared/policy/errors.ts";
import { compilePolicies, PolicySetError } from "../../shared/policy/index.ts";
import { CEDAR_SCHEMA } from "../../shared/policy/schema.ts";
import { tooIntricate } from "../../shared/policy/source-limits.ts";
import { linkTemplate, type Slots } from "../../shared/policy/template.ts";
import { parseLinks } from "../../shared/policy/template-links.ts";
import type { SnapshotPolicy } from "../../shared/registry/snapshot.ts";
import { err, ok, type Result } from "../../shared/result.ts";

/** Cedar's own parser and validator. This file is imported lazily: it is large and the gateway never needs it. */

const MAX_SOURCE_CHARACTERS = 262_144;

/** One statement of a source text. A template has the links that its annotation names, a policy has none. */
interface Piece {
  readonly id: string;
  readonly text: string;
  /** Where the text begins in the source, in UTF-8 bytes as Cedar counts. */
  readonly start: number;
  readonly json: unknown;
  readonly links: readonly Slots[] | null;
}

let isLoaded = false;

/**
 * The statements of a policy text, `<name>#<n>` each, or `<name>#<n>.<k>` for the links of a template: valid under our
 * schema and known to our compiler.
 */
export async function parsePolicies(
  source: string,
  name: string,
): Promise<Result<SnapshotPolicy[], InputIssue[]>> {
  if (source.length > MAX_SOURCE_CHARACTERS) return err([issue("is longer than 256 KiB")]);
  const intricate = tooIntricate(source);
  if (intricate) {
    const start = new TextEncoder().encode(source.slice(0, intricate.at)).length;
    return err([issue(intricate.message, placeOf(source, start))]);
  }
  if (!isLoaded) cedar.initSync({ module: module as WebAssembly.Module });
  isLoaded = true;
  const pieces = split(source, name);
  if (!pieces.ok) return pieces;
  const issues = validate(pieces.value, source);
  return issues.length > 0 ? err(issues) : link(pieces.value, source);
}

/** Cuts the source into its statements, in the order in which they stand there. */
function split(source: string, name: string): Result<Piece[], InputIssue[]> {
  const parts = cedar.policySetTextToParts(source);
  if (parts.type === "failure") return err(parts.errors.map((error) => issueOf(error, source, 0)));
  const texts = [
    ...parts.policies.map((text) => ({ text, isTemplate: false })),
    ...parts.policy_templates.map((text) => ({ text, isTemplate: true })),
  ];
  const pieces: Piece[] = [];
  for (const { text, at, isTemplate } of located(texts, source)) {
    const id = `${name}#${pieces.length + 1}`;
    const start = new TextEncoder().encode(source.slice(0, Math.max(0, at))).length;
    const parsed = isTemplate ? cedar.templateToJson(text) : cedar.policyToJson(text);
    if (parsed.type === "failure") return err(parsed.errors.map((error) => issueOf(error, source, start)));
    const links = isTemplate ? parseLinks(String(parsed.json.annotations?.links ?? "")) : null;
    if (links && !links.ok) return err([issue(links.error, placeOf(source, start))]);
    pieces.push({ id, text, start, json: parsed.json, links: links ? links.value : null });
  }
  return ok(pieces);
}

/** Where each text stands in the source, in order. The same text twice stands in two places; comments do not count. */
function located<T extends { readonly text: string }>(
  parts: readonly T[],
  source: string,
): (T & { at: number })[] {
  const code = blankComments(source);
  const next = new Map<string, number>();
  const found = parts.map((part) => {
    const text = blankComments(part.text);
    const at = Math.max(0, code.indexOf(text, next.get(text) ?? 0));
    next.set(text, at + 1);
    return { ...part, at };
  });
  return found.sort((a, b) => a.at - b.at);
}

/** The text with every comment made blank, so that nothing else changes its place. */
function blankComments(text: string): string {
  return text.replace(/"(?:\\.|[^"\\])*"|\/\/[^\n]*/g, (part) =>
    part.startsWith("//") ? " ".repeat(part.length) : part,
  );
}

function validate(pieces: readonly Piece[], source: string): InputIssue[] {
  const texts = (wanted: boolean) =>
    Object.fromEntries(
      pieces.filter(({ links }) => (links !== null) === wanted).map(({ id, text }) => [id, text]),
    );
  const templateLinks = pieces.flatMap(({ id, links }) =>
    (links ?? []).map((slots, k) => ({ templateId: id, newId: `${id}.${k + 1}`, values: slotValues(slots) })),
  );
  const checked = cedar.validate({
    schema: CEDAR_SCHEMA,
    policies: { staticPolicies: texts(false), templates: texts(true), templateLinks },
    validationSettings: { mode: "strict" },
  });
  if (checked.type === "failure") return checked.errors.map((error) => issueOf(error, source, 0));
  return checked.validationErrors.map(({ policyId, error }) => {
    const piece = pieces.find(({ id }) => policyId === id || policyId.startsWith(`${id}.`));
    return issueOf(error, source, piece?.start ?? 0);
  });
}

function slotValues(slots: Slots): Record<string, { type: string; id: string }> {
  return Object.fromEntries(Object.entries(slots).map(([name, uid]) => [`?${name}`, uid]));
}

/** Policies as they are, templates once for each link; all of them known to our compiler. */
function link(pieces: readonly Piece[], source: string): Result<SnapshotPolicy[], InputIssue[]> {
  const statements: SnapshotPolicy[] = [];
  for (const { id, json, links, start } of pieces) {
    try {
      const own = links
        ? links.map((slots, k) => ({ id: `${id}.${k + 1}`, policy: linkTemplate(json, slots) }))
        : [{ id, policy: json }];
      compilePolicies(own);
      statements.push(...own);
    } catch (error) {
      if (!(error instanceof CompileError || error instanceof PolicySetError)) throw error;
      return err([issue(error.message, placeOf(source, start))]);
    }
  }
  return ok(statements);
}

const issue = (message: string, place: { line?: number; column?: number } = {}): InputIssue => ({
  path: "/source",
  message,
  ...place,
});

/** @param base Where the text that Cedar saw begins in the source. */
function issueOf(error: cedar.DetailedError, source: string, base: number): InputIssue {
  const help = error.help ? ` (${error.help})` : "";
  const start = error.sourceLocations?.[0]?.start;
  return issue(`${error.message}${help}`, start === undefined ? {} : placeOf(source, base + start));
}

/** Line and column, from 1, of an offset in UTF-8 bytes. */
function placeOf(source: string, offset: number): { line: number; column: number } {
  const before = new TextDecoder().decode(new TextEncoder().encode(source).slice(0, offset));
  const lines = before.split("\n");
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}
