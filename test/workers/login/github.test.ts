import { expect, test } from "vitest";
import type { ProviderAttempt } from "../../../shared/access/login/types.ts";
import { GITHUB } from "../../../workers/sign-in/github/index.ts";

test("GitHub proves no sign-in of this moment, so one that an application asks for is refused in words", async () => {
  const attempt = { kind: "provider", providerId: "idp_1", signInAfter: 1 } as ProviderAttempt;
  const finished = GITHUB.finish?.({} as never, {} as never, attempt, "att_1", new URLSearchParams("code=x"));
  await expect(finished).rejects.toMatchObject({
    message: "no_new_sign_in",
    advice: expect.stringContaining("GitHub can't prove"),
  });
});
