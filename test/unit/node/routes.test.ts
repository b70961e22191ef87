import { expect, test } from "vitest";
import { overlapOf } from "../../../shared/segments/approved-routes.ts";

const others = [
  { node: "nod_1", prefix: "0.0.0.0/0" },
  { node: "nod_2", prefix: "10.1.0.0/16" },
  { node: "nod_3", prefix: "fd00:1::/48" },
];

test.each([
  ["10.1.2.0/24", "nod_2"],
  ["10.0.0.0/8", "nod_2"],
  ["fd00:1::/64", "nod_3"],
  ["10.2.0.0/16", undefined],
  ["0.0.0.0/0", undefined],
  ["::/0", undefined],
  ["not a prefix", undefined],
])("%s shares addresses with the route of %s; exit routes stand beside all others", (route, node) => {
  expect(overlapOf(route, others)?.node).toBe(node);
});
