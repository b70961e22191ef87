import { expect, it } from "vitest";
import { ofOthers } from "../../../agent/system/watch.ts";

const OWN = 4_711;
const ends = (pid: string) => `# new generation 7${pid}`;
const by = (pid: number) => ends(` by process ${pid} (nft)`);

/** How many looks at the system these lines of `nft monitor` are worth. */
const looks = (...lines: string[]): number => {
  const isNews = ofOthers(
    (line) => line.includes("ours"),
    (pid) => pid === OWN,
  );
  return lines.filter(isNews).length;
};

it("M1: looks at what others did to the agent's table, and not at what it did itself", () => {
  expect(looks("delete table inet ours", "add table inet ours", by(OWN))).toBe(0);
  expect(looks("delete table inet ours", by(99))).toBe(1);
  expect(looks("insert rule inet ours input accept", "add rule inet ours input drop", by(99))).toBe(1);
  expect(looks("add table inet theirs", by(99))).toBe(0);
  expect(looks("delete table inet ours", by(OWN), "add table inet theirs", by(99))).toBe(0);
  expect(looks("delete table inet ours", by(OWN), "delete table inet ours", by(99))).toBe(1);
});

it("looks where it is not said who did it", () => {
  expect(looks("delete table inet ours", ends(""))).toBe(1);
});
