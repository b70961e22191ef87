import { describe, expect, it } from "vitest";
import type { Io } from "../../../cli/io.ts";
import { run } from "../../../cli/run.ts";

async function printed(...argv: string[]) {
  let [out, err] = ["", ""];
  const io = {
    out: (text: string) => (out += text),
    err: (text: string) => (err += text),
    env: {},
    columns: null,
  };
  return { code: await run(argv, io as unknown as Io), out, err };
}

describe("rustronaut policy new", () => {
  it("prints the Cedar of a template for an app and a group, without a hub", async () => {
    const given = ["--template", "admin-paths", "--app", "wiki", "--group", "wiki-admins"];
    const { code, out } = await printed("policy", "new", ...given);
    expect(code).toBe(0);
    expect(out).toBe(`forbid (
  principal,
  action,
  resource == App::"wiki"
)
when {
  // These paths, and everything beneath them.
  context.request.path == "/admin" || context.request.path like "/admin/*"
}
unless {
  // Members of these groups.
  principal in [Group::"wiki-admins"]
};
`);
  });

  it("names the templates where none of them was given", async () => {
    const { code, err } = await printed("policy", "new", "--template", "nope", "--app", "wiki");
    expect(code).toBe(2);
    expect(err).toContain("team, admin-paths, office-network");
  });
});
