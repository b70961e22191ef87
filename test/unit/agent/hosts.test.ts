import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readHosts, writeHosts } from "../../../agent/system/hosts.ts";

const OTHERS = "127.0.0.1 localhost\n# a comment\n";
const ENTRIES = [
  { address: "100.64.0.1", names: ["one.corp.internal"] },
  { address: "fd00::1", names: ["one.corp.internal", "uno.corp.internal"] },
];
let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rustronaut-hosts-"));
  file = join(folder, "hosts");
  writeFileSync(file, OTHERS);
});
afterEach(() => rmSync(folder, { recursive: true }));

const text = () => readFileSync(file, "utf8");

it("adds names, reads them back, and leaves the file as it was without them", async () => {
  await writeHosts(file, "rn0", ENTRIES);
  expect(text()).toContain("\n100.64.0.1 one.corp.internal\n");
  expect(await readHosts(file, "rn0")).toEqual(ENTRIES);
  await writeHosts(file, "rn0", []);
  expect(text()).toBe(OTHERS);
});

it("replaces its own names, and keeps those of another interface and of others", async () => {
  await writeHosts(file, "rn0", ENTRIES);
  await writeHosts(file, "rn1", ENTRIES.slice(0, 1));
  writeFileSync(file, `${text()}10.0.0.1 printer\n`);
  await writeHosts(file, "rn0", ENTRIES.slice(1));
  expect(await readHosts(file, "rn0")).toEqual(ENTRIES.slice(1));
  expect(await readHosts(file, "rn1")).toEqual(ENTRIES.slice(0, 1));
  expect(text()).toContain("10.0.0.1 printer\n");
});

it("takes a block without an end for its own, to the end of the file", async () => {
  await writeHosts(file, "rn0", ENTRIES);
  writeFileSync(file, text().split("# END")[0] ?? "");
  await writeHosts(file, "rn0", []);
  expect(text()).toBe(OTHERS);
});

it("ends a last line that had no end, and makes a file that was not there", async () => {
  writeFileSync(file, "10.0.0.1 printer");
  await writeHosts(file, "rn0", ENTRIES);
  expect(text()).toMatch(/^10\.0\.0\.1 printer\n# BEGIN/);
  rmSync(file);
  await writeHosts(file, "rn0", ENTRIES);
  expect(await readHosts(file, "rn0")).toEqual(ENTRIES);
});

it.each([
  ["100.64.0.1", "one.corp.internal\n10.0.0.9 bank.example.com"],
  ["100.64.0.1", "UPPER.corp.internal"],
  ["100.64.0.1", "one two"],
  ["100.64.0.1", ""],
  ["100.64.0.1\n10.0.0.9", "one.corp.internal"],
  ["fd00::0:1", "one.corp.internal"],
])("never writes %j %j", async (address, name) => {
  await expect(writeHosts(file, "rn0", [{ address, names: [name] }])).rejects.toThrow(/is not a host name/);
  expect(text()).toBe(OTHERS);
});
