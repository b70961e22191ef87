import { describe, expect, it } from "vitest";
import { briefly, permissionOf } from "../../../../shared/access/policy/permissions.ts";
import { jsonOf } from "./support.ts";

const given = (head: string, when = "true", unless = "false") =>
  permissionOf(jsonOf(`permit (${head}) when { ${when} } unless { ${unless} };`));
const ALL = ["read", "write", "delete", "connect"];

describe("what a permit gives at most", () => {
  it.each([
    ["principal, action, resource", ALL],
    [`principal, action in Action::"access", resource`, ALL],
    [`principal, action == Action::"read", resource`, ["read"]],
    [`principal, action in [Action::"delete", Action::"read"], resource`, ["read", "delete"]],
  ])("%s: %j", (head, actions) => expect(given(head).actions).toEqual(actions));

  it.each([
    [`context.request.path like "/a/*"`, ["/a/*"]],
    [`context.request.path == "/a" || context.request.path like "/a/*"`, ["/a", "/a/*"]],
    [`context.risk < 50 && (context.request.path == "/a" || context.request.path == "/b")`, ["/a", "/b"]],
    // Any other way to a permit is not one of paths, so nothing is said about paths.
    [`context.request.path == "/a" || context.risk < 50`, null],
    [`!(context.request.path == "/a")`, null],
    [`context.request.host like "/a*"`, null],
    ["true", null],
  ])("where %s: %j", (when, paths) =>
    expect(given("principal, action, resource", when).paths).toEqual(paths),
  );

  it("is no less because of what an unless names", () => {
    expect(given("principal, action, resource", "true", `context.request.path == "/a"`).paths).toBeNull();
  });

  it("is told briefly: never less than is given", () => {
    const many = Array.from({ length: 30 }, (_, n) => ({ actions: ["read"] as const, paths: [`/${n}`] }));
    expect(briefly(many.slice(0, 2).concat(many.slice(0, 2)))).toEqual(many.slice(0, 2));
    expect(briefly(many)).toEqual([{ actions: ["read"], paths: null }]);
    const paths = many.map(({ paths: [path] }) => `context.request.path == "${path}"`).join(" || ");
    expect(given("principal, action, resource", paths).paths).toBeNull();
  });
});
