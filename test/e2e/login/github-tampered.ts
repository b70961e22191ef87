const two = [
  { email: "a@home.example", primary: true, verified: true },
  { email: "b@home.example", primary: true, verified: true },
];

/** Answers of GitHub that must not be believed: what it is, to which path, and how it is made of the true one. */
export const TAMPERED: readonly (readonly [string, string, (body: unknown) => unknown])[] = [
  ["an account without a number", "/user", (body) => ({ ...(body as object), id: "1" })],
  ["an account with a number that is none", "/user", (body) => ({ ...(body as object), id: 2 ** 60 })],
  ["an account without a login", "/user", (body) => ({ ...(body as object), login: null })],
  ["an account of an organisation", "/user", (body) => ({ ...(body as object), type: "Organization" })],
  ["an account that is a list", "/user", (body) => [body]],
  ["addresses that are no list", "/user/emails", () => ({ message: "hello" })],
  ["two primary addresses", "/user/emails", () => two],
  [
    "a membership of another organisation",
    "/user/memberships/orgs/acme",
    (body) => ({ ...(body as object), organization: { login: "evil" } }),
  ],
  [
    "a membership of another account",
    "/user/memberships/orgs/acme",
    (body) => ({ ...(body as object), user: { id: 1 } }),
  ],
  ["a membership without words", "/user/memberships/orgs/acme", () => "active"],
  [
    "a team that names another",
    "/user/teams",
    () => [{ organization: { login: "acme" }, slug: "a/../owners" }],
  ],
  ["a team without organisation", "/user/teams", () => [{ slug: "platform" }]],
  ["a token that is none", "token", () => ({ access_token: 7, token_type: "bearer" })],
  ["an error with 200", "token", () => ({ error: "bad_verification_code" })],
];
