import type { NetworkDocument } from "../../shared/api/document.ts";
import { DEMO_USERS } from "./identity-provider.ts";

/** A person without an account at the demo's provider. The person signs in by e-mail. */
export const GUEST = { email: "gwen@partner.example", name: "Gwen Guest" };

export interface DemoPlaces {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly echo: { readonly host: string; readonly upstream: string };
  readonly live: { readonly host: string; readonly upstream: string };
  /** The private app, and the node that dials it. */
  readonly inside: { readonly host: string; readonly upstream: string; readonly agent: string };
}

/** The demo's network, as a person would write it for `rustronaut apply`. */
export function demoNetwork({
  issuer,
  clientId,
  clientSecret,
  echo,
  live,
  inside,
}: DemoPlaces): NetworkDocument {
  return {
    version: 1,
    identityProviders: [
      {
        name: "Demo provider",
        issuer,
        clientId,
        clientSecret,
        scopes: "openid email profile groups",
        allowedDomains: ["example.com"],
      },
      // The demo shows the codes in the terminal.
      { name: "a code by e-mail", kind: "email" },
    ],
    segments: [{ name: "demo", description: "The demo applications" }],
    // The provider says the same facts at each sign-in. They are listed here too, so that policies can be
    // tested before the first sign-in.
    users: [...DEMO_USERS.map(({ email, name }) => ({ email, name })), GUEST],
    groups: [
      ...["engineering", "sales"].map((name) => ({
        name,
        users: DEMO_USERS.filter(({ groups }) => groups.includes(name)).map(({ email }) => email),
      })),
      { name: "guests", users: [GUEST.email] },
    ],
    apps: [
      { name: "echo", title: "Echo", host: echo.host, segment: "demo", upstreams: [echo.upstream] },
      { name: "live", title: "Live", host: live.host, segment: "demo", upstreams: [live.upstream] },
      {
        ...{ name: "inside", title: "Inside", host: inside.host, segment: "demo" },
        upstreams: [inside.upstream],
        through: [`node:${inside.agent}`],
      },
    ],
    policies: [
      {
        name: "echo",
        source: `// Everyone who works here and every guest may use Echo, but only engineering may see /admin.
permit (principal, action, resource == App::"echo")
when { principal in Group::"engineering" || principal in Group::"sales" || principal in Group::"guests" };

forbid (principal, action, resource == App::"echo")
when { context.request.path like "/admin*" }
unless { principal in Group::"engineering" };
`,
      },
      {
        name: "inside",
        source: `permit (principal in Group::"engineering", action, resource == App::"inside");
`,
      },
      {
        name: "live",
        source: `permit (principal in Group::"engineering", action, resource == App::"live");
`,
      },
    ],
  };
}
