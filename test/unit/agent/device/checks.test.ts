import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, copyFile, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { DeviceChecks } from "../../../../agent/device/checks.ts";
import { type DeviceCheck, digestOf } from "../../../../shared/node/config/device-check.ts";
import { where } from "../../../support/needs.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const RIGHT = sha256("right");

where("root").describe("what an agent that is root finds when it looks for files and processes", () => {
  let dir = "";
  let elsewhere = "";
  const running: ChildProcess[] = [];
  beforeAll(async () => {
    dir = await mkdtemp("/opt/rustronaut-test-");
    await chmod(dir, 0o755);
    await writeFile(`${dir}/open`, "right", { mode: 0o644 });
    await writeFile(`${dir}/secret`, "right", { mode: 0o600 });
    await mkdir(`${dir}/closed`, { mode: 0o700 });
    await writeFile(`${dir}/closed/inner`, "right", { mode: 0o644 });
    execFileSync("mkfifo", [`${dir}/pipe`]);
    await symlink("open", `${dir}/link`);
    await symlink(`${dir}/../../opt/${dir.slice(5)}/./open`, `${dir}/winding`);
    await symlink("/etc/shadow", `${dir}/shadow`);
    await symlink("/proc/self/environ", `${dir}/environ`);
    await symlink("/proc/self/root/etc/hostname", `${dir}/around`);
    await symlink("/dev/zero", `${dir}/zero`);
    // Readable for everybody, and nothing that programs are made of.
    elsewhere = await mkdtemp("/tmp/rustronaut-test-");
    await chmod(elsewhere, 0o755);
    await writeFile(`${elsewhere}/diary`, "right", { mode: 0o644 });
    await symlink(`${elsewhere}/diary`, `${dir}/diary`);
    await symlink("loop", `${dir}/loop`);
    await symlink("nowhere", `${dir}/dangling`);
  });
  afterAll(async () => {
    for (const child of running) child.kill("SIGKILL");
    for (const made of [dir, elsewhere]) await rm(made, { recursive: true });
  });

  const checks = new DeviceChecks();
  const look = async (kind: DeviceCheck["kind"], target: string, hashes: string[] = []) => {
    const check: DeviceCheck = { name: "it", kind, target, sha256: hashes };
    const [answer] = await checks.look([check]);
    expect(answer).toMatchObject({ name: "it", of: digestOf(check) });
    return answer?.result;
  };
  /** In a container, what runs beside it is hidden even from its root. */
  const gone = expect.stringMatching(/^(absent|unreadable)$/);
  const file = (name: string, hashes?: string[]) => look("file", `${dir}/${name}`, hashes);
  async function run(name: string) {
    await copyFile("/bin/sleep", `${dir}/${name}`);
    const child = spawn(`${dir}/${name}`, ["600"]);
    running.push(child);
    await new Promise((resolve) => child.once("spawn", resolve));
    return child;
  }

  it("answers with one word", async () => {
    expect(await file("open")).toBe("present");
    expect(await file("none")).toBe("absent");
    expect(await file("open", [sha256("other"), RIGHT])).toBe("match");
    expect(await file("open", [sha256("other")])).toBe("mismatch");
    expect(await file("link", [RIGHT])).toBe("match");
    expect(await file("winding", [RIGHT])).toBe("match");
    expect(await file("dangling")).toBe("absent");
    expect(await file("open/below")).toBe("absent");
  });

  it.each(["pipe", "loop", "environ", "around", "zero", "closed", "closed/inner", "closed/none", "diary"])(
    "tells nothing of %s, and does not wait for it",
    async (name) => {
      expect([await file(name), await file(name, [RIGHT])]).toEqual(["unreadable", "unreadable"]);
    },
  );

  it("tells of a file that only root may read that it is there, as everybody may see, and no hash", async () => {
    expect([await file("secret"), await file("secret", [RIGHT])]).toEqual(["present", "unreadable"]);
    expect([await file("shadow"), await file("shadow", [RIGHT])]).toEqual(["present", "unreadable"]);
  });

  it("reads a file again that was changed, whatever times it was given", async () => {
    await writeFile(`${dir}/program`, "right", { mode: 0o755 });
    await utimes(`${dir}/program`, 1, 1);
    expect(await file("program", [RIGHT])).toBe("match");
    await writeFile(`${dir}/program`, "wrong");
    await utimes(`${dir}/program`, 1, 1);
    expect(await file("program", [RIGHT])).toBe("mismatch");
  });

  it("knows a process by its executable, of which only that very file counts where a path is named", async () => {
    const child = await run("edrd");
    expect(await look("process", "edrd")).toBe("present");
    expect(await look("process", `${dir}/edrd`)).toBe("present");
    expect(await look("process", "edrd", [sha256("other")])).toBe("mismatch");
    const found = execFileSync("sha256sum", ["/bin/sleep"]).toString().slice(0, 64);
    expect(await look("process", "edrd", [found])).toBe("match");
    // One of the same name lies elsewhere, and none runs from there.
    await copyFile("/bin/sleep", `${dir}/closed/edrd`);
    await mkdir(`${dir}/true`);
    await copyFile("/bin/sleep", `${dir}/true/edrd`);
    expect(await look("process", `${dir}/true/edrd`)).toEqual(gone);
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("exit", resolve));
    expect(await look("process", "edrd")).toEqual(gone);
    expect(await look("process", `${dir}/edrd`)).toEqual(gone);
  });

  it("believes no process that only calls itself so", async () => {
    const child = spawn("/bin/sleep", ["600"], { argv0: `${dir}/edrd` });
    running.push(child);
    await new Promise((resolve) => child.once("spawn", resolve));
    expect([await look("process", "edrd"), await look("process", `${dir}/edrd`)]).toEqual([gone, gone]);
  });
});
