import * as cedar from "@cedar-policy/cedar-wasm/web";
// @ts-expect-error: workerd gives a WebAssembly.Module for it; there is no declaration.
import module from "../../node_modules/@cedar-policy/cedar-wasm/web/cedar_wasm_bg.wasm";
import type { InputIssue } from "../../shared/errors/catalogue.ts";
import { compilePolicies, PolicySetError } from "../../shared/policy/index.ts";
import { CEDAR_SCHEMA } from "../../shared/policy/schema.ts";
import type { SnapshotPolicy } from "../../shared/registry/snapshot.ts";
import { err, ok, type Result } from "../../shared/result.ts";

/** Cedar's own parser and validator. This file is imported lazily: it is large and the gateway never needs it. */

const MAX_SOURCE_CHARACTERS = 262_144;

let isLoaded = false;

/** The statements of a policy text, each `<name>#<n>`, valid under our schema and known to our compiler. */
export async function parsePolicies(
  source: string,
  name: string,
): Promise<Result<SnapshotPolicy[], InputIssue[]>> {
  if (source.length > MAX_SOURCE_CHARACTERS)
    return err([{ path: "/source", message: "is longer than 256 KiB" }]);
  if (!isLoaded) cedar.initSync({ module: module as WebAssembly.Module });
  isLoaded = true;
  const parts = cedar.policySetTextToParts(source);
  if (parts.type === "failure") return err(parts.errors.map((error) => issueOf(error, source)));
  if (parts.policy_templates.length > 0) {
    return err([
      { path: "/source", message: "holds a template (?principal or ?resource): write the entity instead" },
    ]);
  }
  const checked = cedar.validate({
    schema: CEDAR_SCHEMA,
    policies: { staticPolicies: source },
    validationSettings: { mode: "strict" },
  });
  if (checked.type === "failure") return err(checked.errors.map((error) => issueOf(error, source)));
  if (checked.validationErrors.length > 0) {
    return err(checked.validationErrors.map(({ error }) => issueOf(error, source)));
  }
  return compile(parts.policies, name);
}

function compile(texts: readonly string[], name: string): Result<SnapshotPolicy[], InputIssue[]> {
  const statements: SnapshotPolicy[] = [];
  for (const [index, text] of texts.entries()) {
    const json = cedar.policyToJson(text);
    if (json.type === "failure") return err(json.errors.map((error) => issueOf(error, text)));
    statements.push({ id: `${name}#${index + 1}`, policy: json.json });
  }
  try {
    compilePolicies(statements, {});
  } catch (error) {
    if (error instanceof PolicySetError) return err([{ path: "/source", message: error.message }]);
    throw error;
  }
  return ok(statements);
}

function issueOf(error: cedar.DetailedError, source: string): InputIssue {
  const help = error.help ? ` (${error.help})` : "";
  const start = error.sourceLocations?.[0]?.start;
  return {
    path: "/source",
    message: `${error.message}${help}`,
    ...(start === undefined ? {} : placeOf(source, start)),
  };
}

/** Line and column, from 1, of an offset that Cedar counts in UTF-8 bytes. */
function placeOf(source: string, offset: number): { line: number; column: number } {
  const before = new TextDecoder().decode(new TextEncoder().encode(source).slice(0, offset));
  const lines = before.split("\n");
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}
