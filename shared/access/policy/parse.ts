import type * as Cedar from "@cedar-policy/cedar-wasm";
import type { InputIssue } from "../../base/errors/catalogue.ts";
import { err, ok, type Result } from "../../base/result.ts";
import type { SnapshotPolicy } from "../../registry/snapshot.ts";
import { CompileError } from "./errors.ts";
import { compilePolicies, PolicySetError } from "./index.ts";
import { type Finding, mergeFindings } from "./merged-issues.ts";
import { CEDAR_SCHEMA } from "./schema.ts";
import { tooIntricate } from "./source-limits.ts";
import { lookedIntoStranger } from "./strangers.ts";
import { linkTemplate, type Slots } from "./template.ts";
import { parseLinks } from "./template-links.ts";
import { type Statement, statementsOf } from "./tokens.ts";
import { unsourcedFact } from "./unsourced.ts";

/**
 * Reads policies with Cedar's own parser and validator. These are large, so whoever needs them loads them and
 * passes them in.
 */

/** Asks Cedar. Throws `CedarBroke` if Cedar broke while it worked. */
export type AskCedar = <T>(ask: (cedar: typeof Cedar) => T) => T;

/** Cedar broke while it worked on a text. */
export class CedarBroke extends Error {}

/** The number of characters that are validated at a time. Between two pieces, other work has its turn. */
const BATCH_CHARACTERS = 4_000;
/** Nobody reads more issues, and each issue costs a copy of its statement. */
const MAX_ISSUES = 20;

/** One statement with its number. A template has the links that its annotation names. A policy has no links. */
interface Piece extends Statement {
  readonly id: string;
  readonly json: unknown;
  readonly links: readonly Slots[] | null;
}

/**
 * The statements of a policy text, in the order of the source. Each is called `<name>#<n>`, and each link of a template
 * `<name>#<n>.<k>`. They are valid under our schema, and our compiler knows all their constructs.
 * @param pause Gives other work its turn.
 */
export async function parsePolicies(
  source: string,
  name: string,
  askCedar: AskCedar,
  pause: () => Promise<void>,
): Promise<Result<SnapshotPolicy[], InputIssue[]>> {
  const intricate = tooIntricate(source);
  if (intricate) return err([issueAt(intricate.message, source, intricate.at)]);
  const policies: SnapshotPolicy[] = [];
  const issues: InputIssue[] = [];
  let n = 0;
  for (const batch of batchesOf(statementsOf(source))) {
    if (n > 0) await pause();
    const pieces = batch.map((statement) => ({ statement, id: `${name}#${++n}` }));
    const done = parseBatch(pieces, source, askCedar);
    if (done.ok) policies.push(...done.value);
    else issues.push(...done.error);
    if (issues.length >= MAX_ISSUES) break;
  }
  return issues.length > 0 ? err(issues.slice(0, MAX_ISSUES)) : ok(policies);
}

function* batchesOf(statements: readonly Statement[]): Generator<Statement[]> {
  let batch: Statement[] = [];
  let size = 0;
  for (const statement of statements) {
    if (size > 0 && size + statement.text.length > BATCH_CHARACTERS) {
      yield batch;
      [batch, size] = [[], 0];
    }
    batch.push(statement);
    size += statement.text.length;
  }
  if (batch.length > 0) yield batch;
}

function parseBatch(
  batch: readonly { readonly statement: Statement; readonly id: string }[],
  source: string,
  askCedar: AskCedar,
): Result<SnapshotPolicy[], InputIssue[]> {
  try {
    const pieces: Piece[] = [];
    for (const { statement, id } of batch) {
      const piece = parse(statement, id, source, askCedar);
      if (!piece.ok) return piece;
      pieces.push(piece.value);
    }
    const issues = validate(pieces, source, askCedar);
    return issues.length > 0 ? err(issues) : link(pieces, source);
  } catch (error) {
    if (!(error instanceof CedarBroke)) throw error;
    return err([issueAt("is too intricate for Cedar's parser", source, batch[0]?.statement.at ?? 0)]);
  }
}

function parse(
  statement: Statement,
  id: string,
  source: string,
  askCedar: AskCedar,
): Result<Piece, InputIssue[]> {
  const { text, at, isTemplate } = statement;
  const parsed = askCedar((cedar) => (isTemplate ? cedar.templateToJson(text) : cedar.policyToJson(text)));
  if (parsed.type === "failure") return err(parsed.errors.map((error) => issueOf(error, source, statement)));
  const unsourced = unsourcedFact(parsed.json);
  if (unsourced) return err([issueAt(unsourced, source, at, "fact_without_source")]);
  const stranger = lookedIntoStranger(parsed.json);
  if (stranger) return err([issueAt(stranger, source, at)]);
  if (!isTemplate) return ok({ ...statement, id, json: parsed.json, links: null });
  const links = parseLinks(String(parsed.json.annotations?.links ?? ""));
  if (!links.ok) return err([issueAt(links.error, source, at)]);
  const unlinkable = unsourcedFact(links.value);
  if (unlinkable) return err([issueAt(unlinkable, source, at, "fact_without_source")]);
  return ok({ ...statement, id, json: parsed.json, links: links.value });
}

function validate(pieces: readonly Piece[], source: string, askCedar: AskCedar): InputIssue[] {
  const texts = (wanted: boolean) =>
    Object.fromEntries(
      pieces.filter(({ links }) => (links !== null) === wanted).map(({ id, text }) => [id, text]),
    );
  const templateLinks = pieces.flatMap(({ id, links }) =>
    (links ?? []).map((slots, k) => ({ templateId: id, newId: `${id}.${k + 1}`, values: slotValues(slots) })),
  );
  const checked = askCedar((cedar) =>
    cedar.validate({
      schema: CEDAR_SCHEMA,
      policies: { staticPolicies: texts(false), templates: texts(true), templateLinks },
      validationSettings: { mode: "strict" },
    }),
  );
  const [first] = pieces;
  if (!first) return [];
  if (checked.type === "failure") return checked.errors.map((error) => issueOf(error, source, first));
  return pieces
    .flatMap((piece) => {
      const own = checked.validationErrors.filter(
        ({ policyId }) => policyId === piece.id || policyId.startsWith(`${piece.id}.`),
      );
      const findings = own.map(({ error }) => findingOf(error, piece.text));
      return mergeFindings(findings, piece.text).map(({ message, at }) =>
        issueAt(message, source, piece.at + at),
      );
    })
    .slice(0, MAX_ISSUES);
}

function findingOf(error: Cedar.DetailedError, text: string): Finding {
  const place = error.sourceLocations?.[0] ?? { start: 0, end: 0 };
  return {
    message: error.message,
    help: error.help ?? null,
    start: characterAt(text, place.start),
    end: characterAt(text, place.end),
  };
}

/** Cedar counts UTF-8 bytes. */
const characterAt = (text: string, bytes: number): number =>
  new TextDecoder().decode(new TextEncoder().encode(text).slice(0, bytes)).length;

function slotValues(slots: Slots): Record<string, { type: string; id: string }> {
  return Object.fromEntries(Object.entries(slots).map(([name, uid]) => [`?${name}`, uid]));
}

/** Keeps policies as they are, and makes one policy for each link of a template. Our compiler knows all of them. */
function link(pieces: readonly Piece[], source: string): Result<SnapshotPolicy[], InputIssue[]> {
  const statements: SnapshotPolicy[] = [];
  for (const { id, json, links, at } of pieces) {
    try {
      const own = links
        ? links.map((slots, k) => ({ id: `${id}.${k + 1}`, policy: linkTemplate(json, slots) }))
        : [{ id, policy: json }];
      compilePolicies(own);
      statements.push(...own);
    } catch (error) {
      if (!(error instanceof CompileError || error instanceof PolicySetError)) throw error;
      return err([issueAt(error.message, source, at)]);
    }
  }
  return ok(statements);
}

/** @param at The place in the source, in characters. */
function issueAt(message: string, source: string, at: number, code?: InputIssue["code"]): InputIssue {
  const lines = source.slice(0, at).split("\n");
  const place = { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
  return { path: "/source", message, ...place, ...(code ? { code } : {}) };
}

/** Makes an issue of an error of Cedar. */
function issueOf(error: Cedar.DetailedError, source: string, { text, at }: Statement): InputIssue {
  const help = error.help ? ` (${error.help})` : "";
  const start = characterAt(text, error.sourceLocations?.[0]?.start ?? 0);
  return issueAt(`${error.message}${help}`, source, at + start);
}
