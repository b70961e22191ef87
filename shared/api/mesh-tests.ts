import * as z from "zod/mini";
import * as f from "./fields.ts";

/** Tests of the rules between nodes, and what came of running them. */

const target = f.line(400).check(z.minLength(1));
const targets = f.list(target, 64);
const TARGETS =
  "such as `tag:db tcp/5432`, `tag:db service:database`, `subnet:10.0.0.0/24 udp/53`, `internet any`";

const input = {
  name: f.said(f.name, "what it is called"),
  from: f.said(
    f.line(300).check(z.minLength(1)),
    "which nodes begin the traffic: `any`, `segment:NAME`, `tag:NAME`, `user:EMAIL` or `node:NAME`",
  ),
  accept: f.said(targets, `what each of them must reach, all of it: ${TARGETS}`),
  deny: f.said(targets, `what none of them may reach, in no part: ${TARGETS}`),
};

export const meshTest = z.object({
  id: z.string(),
  name: z.string(),
  from: z.string(),
  accept: z.array(z.string()),
  deny: z.array(z.string()),
  /** Why it failed when it was last run, in words; null where it did not. */
  failing: z.nullable(z.string()),
  ...f.rowFields,
});
const { accept, deny, ...required } = input;
export const meshTestCreate = z.extend(z.partial(z.strictObject({ accept, deny })), required);
export const meshTestUpdate = z.partial(z.strictObject(input));

export const meshTestRun = z.object({
  /** One for each target of each test. */
  items: z.array(
    z.object({
      test: z.string(),
      name: z.string(),
      from: z.string(),
      expects: z.enum(["accept", "deny"]),
      target: z.string(),
      /** `idle`: no two nodes are named, so nothing was tried. `too_wide`: too many different pairs are. */
      result: z.enum(["passed", "failed", "idle", "too_wide"]),
      /** Why, in a sentence; null where it passed. */
      detail: z.nullable(z.string()),
      /** Names of the first two nodes for which it fails, and of the rules that decide. */
      source: z.nullable(z.string()),
      destination: z.nullable(z.string()),
      rules: z.array(z.string()),
    }),
  ),
});
