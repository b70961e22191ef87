import { describe, expect, it, vi } from "vitest";
import { readCommandLine } from "../../../agent/command-line.ts";
import { run } from "../../../agent/run.ts";
import { demandNode } from "../../../agent/system/preflight.ts";

/** Runs a command line as `main` does. */
async function ran(...argv: string[]) {
  const said = { out: "", err: "" };
  const into = (stream: keyof typeof said) => (text: string | Uint8Array) => {
    // Node's warnings of experimental cryptography come at some moment.
    if (!/Warning|trace-warnings/.test(String(text))) said[stream] += text;
    return true;
  };
  const out = vi.spyOn(process.stdout, "write").mockImplementation(into("out"));
  const err = vi.spyOn(process.stderr, "write").mockImplementation(into("err"));
  const code = await run([...argv, "--state-dir", "/nonexistent/rustronaut"]);
  out.mockRestore();
  err.mockRestore();
  return { code, ...said };
}

describe("a command line", () => {
  it.each([
    ["status", 5, "not_running"],
    ["ping", 2, "usage"],
    ["ping other", 5, "not_running"],
    ["rotate", 5, "not_running"],
    ["config", 5, "not_enrolled"],
    ["config verify", 5, "not_enrolled"],
    ["config erase", 2, "usage"],
    ["erase", 2, "usage"],
    ["constructor", 2, "usage"],
    ["up --hub hub.example.com", 2, "usage"],
    ["up --hub https://hub.example.com/path", 2, "usage"],
    ["up --hub https://user@hub.example.com", 2, "usage"],
    ["up --hub ftp://hub.example.com", 2, "usage"],
    ["up --advertise 10.0.0.0/33", 2, "usage"],
    ["up --listen-port 0", 2, "usage"],
    ["up --listen-port 65536", 2, "usage"],
    ["up --interface ../../x", 2, "usage"],
    ["up --exit-node a;b", 2, "usage"],
    ["up --unknown", 2, "usage"],
  ])("%j ends with %i and says so to programs: %s", async (line, exitCode, code) => {
    const { code: ended, out, err } = await ran(...line.split(" "), "--json");
    expect([ended, out]).toEqual([exitCode, ""]);
    expect(JSON.parse(err)).toMatchObject({ error: { code, exitCode } });
  });

  it("tells people what to do next", async () => {
    expect((await ran("status")).err).toBe("No agent runs here\nStart it with `rustronaut-agent up`.\n");
  });

  it.each([
    ["status --nope", "There is no option --nope", /--help/],
    ["status --jsn", "There is no option --jsn", /^Did you mean --json\?/],
    ["up -x", "There is no option -x", /--help/],
    ["netcheck --hub", "--hub lacks its value", /behind --hub/],
    ["up --hub --key k", "--hub lacks its value", /--hub=VALUE/],
    ["ping a --json=1", "--json takes no value", /as --json alone/],
    ["status --hub https://hub.example.com", "`status` takes no --hub", /Leave it out/],
    ["rotate --detach", "`rotate` takes no --detach", /Leave it out/],
    ["config show --exit-node=a", "`config` takes no --exit-node", /Leave it out/],
    ["logout now", '`logout` has no use for "now"', /Leave it out/],
    ["ping a b", '`ping` has no use for "b"', /Leave it out/],
    ["stauts", 'There is no command "stauts"', /^Did you mean `status`\?/],
    ["erase", 'There is no command "erase"', /--help/],
  ])("I8: %j is refused in a sentence that says what to do", async (line, message, hint) => {
    const { code, err } = await ran(...line.split(" "), "--json");
    expect([code, JSON.parse(err)]).toMatchObject([
      2,
      { error: { message, hint: expect.stringMatching(hint) } },
    ]);
  });

  it("I8: takes what the help says each command takes", () => {
    const lines = [
      "down --interface rn7 --hosts-file /tmp/hosts",
      "logout --interface rn7",
      "netcheck --hub https://a.example",
    ];
    for (const line of [...lines, "config verify --json", "ping -h", "up --key=-x --detach"])
      expect(readCommandLine(line.split(" ")).words).toHaveLength(line.startsWith("config") ? 2 : 1);
  });

  it("shows help when asked for, and when there is nothing else to do", async () => {
    expect(await ran("--help")).toMatchObject({ code: 0, out: expect.stringContaining("up ") });
    expect((await ran()).code).toBe(2);
  });

  it.each(["18.20.0", "20.20.2", "22.22.9", "23.11.0"])("refuses Node %s", (version) => {
    expect(() => demandNode(version)).toThrow(expect.objectContaining({ code: "node_too_old", exitCode: 8 }));
  });

  it.each(["22.23.0", "24.0.0", "26.1.0"])("runs on Node %s", (version) => {
    expect(() => demandNode(version)).not.toThrow();
  });

  it("keeps what is not given, and clears what is given as nothing", () => {
    const { up } = readCommandLine(["up"]);
    expect([up.advertise, up.exitNode, up.hub]).toEqual([null, undefined, null]);
    const cleared = readCommandLine(["up", "--advertise", "", "--exit-node", "none"]).up;
    expect([cleared.advertise, cleared.exitNode]).toEqual([[], null]);
    const given = readCommandLine(["up", "--advertise", "10.0.0.0/24, FD12::/64"]).up;
    expect(given.advertise).toEqual(["10.0.0.0/24", "fd12::/64"]);
  });
});
