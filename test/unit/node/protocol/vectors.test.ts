import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { vectors } from "../../../vectors/agent-protocol/make.ts";

const FILE = new URL("../../../vectors/agent-protocol/vectors.json", import.meta.url);

/** What other agents rely on: a change here is a change of the protocol, and needs a new capability number. */
it("gives the published vectors of the agent protocol", async () => {
  expect(await vectors()).toEqual(JSON.parse(readFileSync(FILE, "utf8")));
});
