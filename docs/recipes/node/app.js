import { createServer } from "node:http";
import { callerOf } from "./assertion.js";

/** An application that says hello to whoever the gateway says is there. */
const env = process.env;
const caller = callerOf({
  issuer: env.RUSTRONAUT_ISSUER,
  audience: env.RUSTRONAUT_AUDIENCE,
  keys: env.RUSTRONAUT_KEYS,
  origin: env.RUSTRONAUT_ORIGIN,
});

createServer(async (request, response) => {
  try {
    const claims = await caller(request.method, request.url, request.headers["x-rustronaut-jwt-assertion"]);
    response.end(`Hello ${claims.email ?? claims.name}\n`);
  } catch (error) {
    console.error(error.message);
    response.writeHead(401).end("Open this application through the gateway.\n");
  }
}).listen(Number(env.PORT), "127.0.0.1");
