import { createServer } from "node:http";
import { callerOf } from "./assertion.js";

/**
 * A service that nginx (`auth_request`), Caddy (`forward_auth`) and others ask before they forward a request. They say
 * which request in `X-Forwarded-Method` and `X-Forwarded-Uri`. The answer is 204 with the caller in two headers, or 401.
 * Only the proxy may reach it.
 */
const env = process.env;
const caller = callerOf({
  issuer: env.RUSTRONAUT_ISSUER,
  audience: env.RUSTRONAUT_AUDIENCE,
  keys: env.RUSTRONAUT_KEYS,
  origin: env.RUSTRONAUT_ORIGIN,
});
const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

createServer(async ({ headers }, response) => {
  try {
    const method = headers["x-forwarded-method"] ?? "";
    const uri = headers["x-forwarded-uri"] ?? "";
    const claims = await caller(method, uri, headers["x-rustronaut-jwt-assertion"]);
    // A header can't hold every address. The assertion can, and the application gets it, too. The header is there in any
    // case: Caddy would pass on the name of a missing one.
    const email = claims.email ?? "";
    response.setHeader("x-caller", claims.sub);
    response.setHeader("x-caller-email", VISIBLE_ASCII.test(email) ? email : "");
    response.writeHead(204).end();
  } catch (error) {
    console.error(error.message);
    response.writeHead(401).end();
  }
}).listen(Number(env.PORT), "127.0.0.1");
