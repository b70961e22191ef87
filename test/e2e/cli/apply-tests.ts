import { spawnSync } from "node:child_process";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { plan, planStep } from "../../../shared/api/document.ts";
import { BIN, Shell } from "./process.ts";

/** What goes through the network as one file. @param given The owner's command line, once the system runs. */
export function applyTests(given: () => Shell): void {
  let shell: Shell;
  beforeAll(() => {
    shell = given();
  });

  describe("apply", () => {
    it("shows, applies, and then has nothing to change; prune deletes", async () => {
      const file = shell.path("network.yaml");
      await writeFile(
        file,
        "version: 1\ngroups:\n  - name: engineering\n  - name: sales\n  - name: pilots\n",
      );
      const dry = await shell.run(["apply", "-f", file, "--dry-run"]);
      expect(dry, dry.err).toMatchObject({ code: 0 });
      expect(dry.out).toMatch(/^\+ \w+ pilots$/m);
      expect((await shell.run(["groups", "show", "pilots"])).code).toBe(5);
      expect(await shell.run(["apply", "-f", file, "--yes"])).toMatchObject({ code: 0 });
      expect((await shell.run(["apply", "-f", file, "--yes"])).out).toBe("Nothing to change.\n");
      await writeFile(file, "version: 1\ngroups:\n  - name: engineering\n  - name: sales\n");
      const pruned = await shell.run(["apply", "-f", file, "--prune", "--yes"]);
      expect(pruned, pruned.err).toMatchObject({ code: 0 });
      expect((await shell.run(["groups", "show", "pilots"])).code).toBe(5);
    });

    it("U32: plan says by its exit code whether anything would change, and changes nothing", async () => {
      const file = shell.path("drift.yaml");
      await writeFile(file, "version: 1\ngroups:\n  - name: drifted\n");
      const plan = (...more: string[]) => shell.run(["plan", "-f", file, ...more]);
      expect(await plan()).toMatchObject({ code: 0, out: expect.stringContaining("+ group drifted") });
      expect(await plan("--exit-code")).toMatchObject({
        code: 2,
        out: expect.stringContaining("+ group drifted"),
      });
      expect((await shell.run(["groups", "show", "drifted"])).code).toBe(5);
      await shell.run(["apply", "-f", file, "--yes"]);
      expect(await plan("--exit-code")).toMatchObject({ code: 0, out: "Nothing to change.\n" });
      expect((await plan("--exit-code", "--no-such-option")).code, "a slip").toBe(1);
      const missing = await shell.run(["plan", "-f", "/no/such.yaml", "--exit-code"]);
      expect(missing).toMatchObject({
        code: 1,
        err: expect.stringContaining("/no/such.yaml does not exist"),
      });
      await writeFile(file, "version: 1\ngruops: []\n");
      expect(await plan("--exit-code")).toMatchObject({
        code: 1,
        err: expect.stringContaining("drift.yaml:2:1: gruops: this key is not known; did you mean groups?"),
      });
      const stranger = await Shell.open();
      await writeFile(file, "version: 1\n");
      expect((await stranger.run(["plan", "-f", file, "--exit-code"])).code, "not logged in").toBe(1);
      await shell.run(["groups", "delete", "drifted", "--yes"]);
    });

    it("the pipelines of the documents fail by drift, and by nothing less", async () => {
      const page = await readFile("docs/automation.md", "utf8");
      const blocks = [...page.matchAll(/^```(\w+)\n(.*?)^```/gms)].map(([, kind, text = ""]) => ({
        kind,
        text,
      }));
      const [github, gitlab] = blocks.filter(({ kind }) => kind === "yaml").map(({ text }) => parse(text));
      const script = github.jobs.plan.steps.find(({ name }: { name?: string }) => name === "Plan").run;
      await writeFile(shell.path("network.yaml"), (await shell.run(["export"])).out);
      await writeFile(shell.path("npx"), `#!/bin/sh\nshift\nexec "${process.execPath}" "${BIN}" "$@"\n`);
      await chmod(shell.path("npx"), 0o755);
      const pipeline = (text: string) => {
        const env = {
          PATH: `${shell.home}:${process.env.PATH}`,
          HOME: shell.home,
          XDG_CONFIG_HOME: shell.home,
        };
        return spawnSync("bash", ["-eo", "pipefail", "-c", text], { cwd: shell.home, env, encoding: "utf8" });
      };
      const both = [script, gitlab.drift.script.join("\n")];
      for (const text of both) expect(pipeline(text)).toMatchObject({ status: 0, stderr: "" });
      await shell.run(["groups", "create", "by-hand"]);
      await shell.run(["groups", "update", "sales", "--description", "by hand"]);
      const [byGithub, byGitlab] = both.map(pipeline);
      expect(byGithub).toMatchObject({
        status: 2,
        stdout: expect.stringContaining("::error::The network is not"),
      });
      expect(byGithub?.stdout).toContain("- group by-hand");
      expect(byGitlab).toMatchObject({ status: gitlab.drift.allow_failure.exit_codes });
      expect(JSON.parse(await readFile(shell.path("plan.json"), "utf8"))).toEqual({
        baseVersion: expect.any(String),
        steps: [
          {
            action: "update",
            kind: "group",
            name: "sales",
            changes: [{ field: "description", before: "by hand", after: "" }],
          },
          { action: "delete", kind: "group", name: "by-hand", changes: [] },
        ],
      });
      await writeFile(shell.path("network.yaml"), "version: 2\n");
      for (const text of both) expect(pipeline(text).status).toBe(1);
      await shell.run(["groups", "delete", "by-hand", "--yes"]);
      await shell.run(["groups", "update", "sales", "--description", ""]);
      // What the page says of a plan is what the schema has.
      const example = JSON.parse(blocks.find(({ kind }) => kind === "json")?.text ?? "");
      expect(plan.parse(example)).toEqual(example);
      expect(Object.keys(example)).toEqual(Object.keys(plan.def.shape));
      expect(Object.keys(example.steps[0])).toEqual(Object.keys(planStep.def.shape));
    });

    it("refuses in a dry run what it could not apply", async () => {
      const file = shell.path("refused.yaml");
      for (const [text, why] of [
        ["policies:\n  - name: broken\n    source: permit (principal, action);\n", "policy_invalid"],
        [
          "apps:\n  - {name: meta, title: M, host: m.localhost, segment: main, upstreams: ['http://169.254.169.254']}\n",
          "upstream_forbidden",
        ],
        ["groups:\n  - name: crew\n    users: [nobody@example.com]\n", "invalid_input"],
      ]) {
        await writeFile(file, `version: 1\n${text}`);
        const dry = await shell.run(["apply", "-f", file, "--dry-run"]);
        expect(dry, text).toMatchObject({ code: 1, out: "", err: expect.stringContaining(why ?? "") });
      }
    });

    it("what was exported changes nothing", async () => {
      const file = shell.path("exported.yaml");
      await writeFile(file, (await shell.run(["export"])).out);
      const again = await shell.run(["apply", "-f", file, "--yes"]);
      expect(again.out, again.err).toBe("Nothing to change.\n");
    });
  });
}
