import { expect, test } from "vitest";
import { providerWarnings } from "../../../dashboard/lib/provider-warnings.ts";

test("G2: warns of a groups claim that no sign-in ever held", () => {
  const provider = (change: object) =>
    ({
      name: "main",
      groupsClaim: "rollen",
      enabled: true,
      groupsSeenAt: null,
      groupsMissedAt: null,
      ...change,
    }) as never;
  expect(providerWarnings([provider({ groupsMissedAt: 5 })])).toEqual([expect.stringContaining("rollen")]);
  expect(
    providerWarnings([
      provider({}),
      provider({ groupsMissedAt: 5, groupsSeenAt: 6 }),
      provider({ groupsMissedAt: 5, enabled: false }),
    ]),
  ).toEqual([]);
});
