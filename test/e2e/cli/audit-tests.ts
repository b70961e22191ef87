import { readFile, writeFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import type { System } from "../../support/harness.ts";
import { Shell } from "./process.ts";

/** What is proven of the log. @param given The system and its owner's command line, once they run. */
export function auditTests(given: () => { readonly system: System; readonly shell: Shell }): void {
  let system: System;
  let shell: Shell;
  beforeAll(() => {
    ({ system, shell } = given());
  });

  describe("audit", () => {
    it("verifies against the hub and offline, and finds what was changed", async () => {
      const verified = await shell.run(["audit", "verify", "--from", "1"]);
      expect(verified, verified.err).toMatchObject({ code: 0, out: expect.stringMatching(/^Verified/) });
      const file = shell.path("bundle.json");
      expect(await shell.run(["audit", "export", "--out", file])).toMatchObject({ code: 0 });
      // Nobody is logged in here: nothing but the file is needed.
      const offline = await Shell.open();
      expect(await offline.run(["audit", "verify", "--file", file])).toMatchObject({ code: 0 });
      const text = await readFile(file, "utf8");
      const tampered = shell.path("tampered.json");
      await writeFile(tampered, text.replaceAll("alice@example.com", "mallory@example.com"));
      const found = await offline.run(["audit", "verify", "--file", tampered]);
      expect(found).toMatchObject({ code: 3 });
      expect(found.err).toContain("an entry was changed");
      const key = `other.example/audit+${JSON.parse(text).publicKey.split("+").slice(1).join("+")}`;
      expect((await offline.run(["audit", "verify", "--file", file, "--key", key])).code).toBe(3);
    });

    it("verifies that the log continues an earlier bundle", async () => {
      const file = shell.path("earlier.json");
      expect(await shell.run(["audit", "export", "--out", file])).toMatchObject({ code: 0 });
      await system.admin.call("segments.create", { body: { name: "later" } });
      const continued = await shell.run(["audit", "verify", "--since", file]);
      expect(continued, continued.err).toMatchObject({ code: 0 });
      const bundle = JSON.parse(await readFile(file, "utf8"));
      const lines = bundle.checkpoints[0].split("\n");
      lines[2] = Buffer.alloc(32).toString("base64");
      await writeFile(file, JSON.stringify({ ...bundle, checkpoints: [lines.join("\n")] }));
      expect((await shell.run(["audit", "verify", "--since", file])).code).toBe(3);
    });

    it("U18: verifies a note that was kept, by the hub and by a later bundle", async () => {
      const { data: kept } = await system.admin.call("audit.checkpoint");
      const [note, later] = [shell.path("kept.txt"), shell.path("later.json")];
      // As it comes out of an editor.
      await writeFile(note, `${kept.note.replaceAll("\n", "\r\n").trim()}`);
      await system.admin.call("segments.create", { body: { name: "behind-the-note" } });
      expect(await shell.run(["audit", "export", "--out", later])).toMatchObject({ code: 0 });
      for (const by of [[], ["--file", later]]) {
        const verified = await shell.run(["audit", "verify", "--note", note, ...by]);
        expect(verified, verified.err).toMatchObject({
          code: 0,
          out: expect.stringContaining("continues what you kept"),
        });
      }
      const forged = kept.note.split("\n");
      forged[2] = Buffer.alloc(32).toString("base64");
      await writeFile(note, forged.join("\n"));
      for (const by of [[], ["--file", later]])
        expect((await shell.run(["audit", "verify", "--note", note, ...by])).code).toBe(3);
      await writeFile(note, "a note to myself");
      expect(await shell.run(["audit", "verify", "--note", note])).toMatchObject({ code: 2 });
      const part = shell.path("part.json");
      expect(await shell.run(["audit", "export", "--out", part, "--from", "1"])).toMatchObject({ code: 0 });
      await writeFile(note, kept.note);
      expect((await shell.run(["audit", "verify", "--note", note, "--file", part])).code).toBe(2);
    });

    it("tail shows the kinds that were asked for", async () => {
      const { code, out } = await shell.run(["audit", "tail", "--kinds", "login"]);
      expect(code).toBe(0);
      expect(out).toContain("login");
      expect(out).not.toContain("  decision  ");
    });
  });

  describe("audit tail --follow", () => {
    it("goes on with new entries until it is interrupted, each once", async () => {
      const args = ["audit", "tail", "--follow", "--kinds", "admin", "--limit", "1"];
      let created: Promise<unknown> | undefined;
      const following = shell.start(args, "", (out) => {
        created ??= system.admin.call("groups.create", { body: { name: "followed" } });
        return out.includes("group.create");
      });
      const { code, out, err } = await following;
      await created;
      expect(code, err).toBe(0);
      const leaves = out
        .trim()
        .split("\n")
        .map((line) => Number(line.split(" ")[0]));
      expect(new Set(leaves).size).toBe(leaves.length);
    });
  });
}
