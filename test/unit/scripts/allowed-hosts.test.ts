import { describe, expect, it } from "vitest";
import { allowedHosts, OptionRefused } from "../../../scripts/local/allowed-hosts.ts";

describe("U2: applications of one's own that npm start lets the gateway reach", () => {
  it.each([
    [["--allow", "127.0.0.1:3000"], ["127.0.0.1:3000"]],
    [["--fresh", "--allow=localhost:5173", "--port", "9000"], ["localhost:5173"]],
    [["--allow", "http://127.0.0.1:3000/"], ["127.0.0.1:3000"]],
    [["--allow", "[::1]:8080"], ["[::1]:8080"]],
    [["--allow", "NAS.lan:80"], ["nas.lan:80"]],
    [
      ["--allow", "127.0.0.1:3000", "--allow", "127.0.0.1:3000", "--allow", "127.0.0.1:3001"],
      ["127.0.0.1:3000", "127.0.0.1:3001"],
    ],
    [["--fresh"], []],
  ])("%j", (argv, hosts) => expect(allowedHosts(argv)).toEqual(hosts));

  it.each([
    [""],
    ["--port"],
    ["127.0.0.1"],
    ["127.0.0.1:0"],
    ["127.0.0.1:70000"],
    ["127.0.0.1:3000/path"],
    ["me@127.0.0.1:3000"],
    ["127.0.0.1:3000,10.0.0.1:80"],
  ])("says what to write instead of %j", (text) => {
    expect(() => allowedHosts(["--allow", text])).toThrow(OptionRefused);
    expect(() => allowedHosts(["--allow", text])).toThrow("--allow 127.0.0.1:3000");
  });
});
