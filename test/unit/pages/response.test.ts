import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { COPY_SCRIPT } from "../../../workers/pages/copy-script.ts";
import { htmlResponse, signedOutPage } from "../../../workers/pages/index.ts";

describe("htmlResponse", () => {
  it("allows the page's own style sheet by its hash and nothing else", () => {
    const page = signedOutPage({ signInUrl: "/" });
    const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? "";
    const hash = createHash("sha256").update(style).digest("base64");
    expect(htmlResponse(page, 200, "signed_out").headers.get("Content-Security-Policy")).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
    );
  });

  it("names its reason and forbids caching, sniffing, framing and referrers", () => {
    const response = htmlResponse("", 403, "default_deny");
    expect(response.status).toBe(403);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "x-rustronaut-response": "default_deny",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "x-frame-options": "DENY",
      "cross-origin-opener-policy": "same-origin",
    });
  });

  it("G13: lets an application's page frame what only links elsewhere", () => {
    const { headers } = htmlResponse("", 401, "unauthenticated", {}, { framed: true });
    expect(headers.get("x-frame-options")).toBeNull();
    expect(headers.get("content-security-policy")).not.toContain("frame-ancestors");
  });

  it("U26: lets the script that copies a text run by its hash, and only where it stands", () => {
    const policy = (copies: boolean) =>
      htmlResponse("", 403, "denied_by_policy", {}, { copies }).headers.get("content-security-policy");
    const hash = createHash("sha256")
      .update(COPY_SCRIPT.text.replace(/^<script>|<\/script>$/g, ""))
      .digest("base64");
    expect(policy(true)).toContain(`script-src 'sha256-${hash}';`);
    expect(policy(false)).not.toContain("script-src");
  });

  it("keeps every cookie", () => {
    const headers = new Headers([
      ["Set-Cookie", "a=1"],
      ["Set-Cookie", "b=2"],
    ]);
    const response = htmlResponse("", 200, "confirm", headers);
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  });
});
