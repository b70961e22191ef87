import { chmod, mkdtemp, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import {
  configPath,
  currentConfig,
  hubOrigin,
  readConfig,
  removeConfig,
  writeConfig,
} from "../../../cli/config.ts";

const ONE = { hub: "https://hub.example.com", token: "rnapi_one" };
const TWO = { hub: "https://hub.example.org", token: "rnapi_two" };

let env: Record<string, string>;
beforeEach(async () => {
  env = { XDG_CONFIG_HOME: await mkdtemp(join(tmpdir(), "rustronaut-config-")) };
});

describe("the stored configuration", () => {
  it("is readable by its owner only, file and directory", async () => {
    const path = await writeConfig(env, ONE);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(dirname(path))).mode & 0o777).toBe(0o700);
  });

  it("becomes private again when it is written anew", async () => {
    const path = await writeConfig(env, ONE);
    await chmod(path, 0o644);
    await writeConfig(env, TWO);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it("is replaced whole: who holds the old file open still reads the old one", async () => {
    const path = await writeConfig(env, ONE);
    const before = await stat(path);
    await writeConfig(env, TWO);
    expect((await stat(path)).ino).not.toBe(before.ino);
    expect(await readConfig(env)).toEqual(TWO);
    expect(await readdir(dirname(path))).toEqual(["config.json"]);
  });

  it("survives what a crash left behind", async () => {
    const path = await writeConfig(env, ONE);
    await writeFile(`${path}.${process.pid}.tmp`, "half", { mode: 0o644 });
    await writeConfig(env, TWO);
    expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject(TWO);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it("is named when it is damaged, and is not lost", async () => {
    const path = await writeConfig(env, ONE);
    await writeFile(path, "{");
    await expect(readConfig(env)).rejects.toThrow(configPath(env));
    await expect(writeConfig(env, ONE)).rejects.toThrow("is damaged");
  });

  it("gives its token to no other hub", async () => {
    await writeConfig(env, ONE);
    expect(await currentConfig({ ...env, RUSTRONAUT_HUB: ONE.hub })).toEqual(ONE);
    await expect(currentConfig({ ...env, RUSTRONAUT_HUB: TWO.hub })).rejects.toMatchObject({ exitCode: 4 });
  });

  it("U21: keeps several hubs apart, and commands go to the last one", async () => {
    await writeConfig(env, ONE);
    await writeConfig(env, TWO);
    expect(await currentConfig(env)).toEqual(TWO);
    expect(await currentConfig({ ...env, RUSTRONAUT_HUB: ONE.hub })).toEqual(ONE);
    expect(await removeConfig(env)).toEqual(TWO);
    // Nothing goes to another hub than the one that the person named.
    await expect(currentConfig(env)).rejects.toMatchObject({ hint: expect.stringContaining(ONE.hub) });
    expect([await removeConfig(env), await removeConfig(env, ONE.hub)]).toEqual([null, ONE]);
    expect(await readdir(dirname(configPath(env)))).toEqual([]);
  });
});

describe("a hub's address", () => {
  it("is https, or on this machine", () => {
    expect(hubOrigin("https://hub.example.com/x?y")).toBe("https://hub.example.com");
    expect(hubOrigin("http://hub.localhost:8787")).toBe("http://hub.localhost:8787");
    expect(hubOrigin("hub.example.com")).toBe("https://hub.example.com");
    expect(hubOrigin("hub.localhost:8787")).toBe("http://hub.localhost:8787");
    for (const bad of ["http://hub.example.com", "http://localhost.example.com", "ftp://localhost", "hub"])
      expect(() => hubOrigin(bad), bad).toThrow();
  });
});
