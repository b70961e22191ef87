import { afterAll, afterEach, beforeAll, describe, it } from "vitest";
import { type Mesh, startMesh, type TestAgent, until } from "../../support/mesh.ts";
import { whyNoLab } from "../../support/namespaces.ts";

const reason = whyNoLab();

describe.skipIf(reason !== null)(`two machines${reason ? ` (skipped: ${reason})` : ""}`, () => {
  let mesh: Mesh;
  let a: TestAgent;
  let b: TestAgent;

  beforeAll(async () => {
    mesh = await startMesh(2, 61);
    const key = await mesh.enrolmentKey("main", ["server"]);
    await mesh.system.admin.call("meshRules.create", {
      body: { name: "servers", from: ["tag:server"], to: ["tag:server"], traffic: ["any"] },
    });
    a = mesh.agent(0, key);
    b = mesh.agent(1, key);
    a.start();
    b.start();
    await until("both have a peer", () => a.status()?.peers.length === 1 && b.status()?.peers.length === 1);
  });

  afterEach(({ task }) => {
    if (task.result?.state === "fail") console.error(a.log, b.log);
  });

  afterAll(() => mesh?.remove());

  it("reach each other through the tunnel", async () => {
    await until("a reaches b", () => a.machine.run("ping", "-c1", "-W1", b.address).status === 0);
  });
});
