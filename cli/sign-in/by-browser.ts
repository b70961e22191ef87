import { createHash, randomBytes } from "node:crypto";
import { AUTHORIZE, CLIENT_ID, TOKEN } from "../../shared/access/login/command-line/request.ts";
import { constantTimeEqual } from "../../shared/base/base64url.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import type { Io } from "../io.ts";
import { listen } from "./loopback.ts";
import { askForToken, failureOf, isRefusal, type SignedIn } from "./token-endpoint.ts";
import { untilInterrupted } from "./wait.ts";

const secret = (): string => randomBytes(32).toString("base64url");

/**
 * Signs in by the person's browser: authorization code with PKCE on a loopback address (RFC 8252, RFC 7636). The address
 * is also printed, since the browser may be that of another account.
 */
export async function signInByBrowser(io: Io, hub: string, machine: string): Promise<SignedIn> {
  const [state, verifier] = [secret(), secret()];
  const loopback = await listen((query) => constantTimeEqual(query.get("state") ?? "", state));
  try {
    const address = new URL(AUTHORIZE, hub);
    address.search = new URLSearchParams({
      response_type: "code",
      client_id: CLIENT_ID,
      redirect_uri: loopback.redirectUri,
      code_challenge: createHash("sha256").update(verifier).digest("base64url"),
      code_challenge_method: "S256",
      state,
      machine,
    }).toString();
    const opened = await io.openBrowser?.(address.href);
    io.err(`${opened ? "Your browser opens" : "Open in a browser on this machine"}:\n\n  ${address}\n\n`);
    io.err("Waiting for your answer there; Ctrl+C stops.\n");
    const { query, show } = await untilInterrupted(io, loopback.returned);
    try {
      const signedIn = await redeem(hub, query, {
        redirect_uri: loopback.redirectUri,
        code_verifier: verifier,
      });
      show("You are signed in", "You can close this page, and go on in the terminal.");
      return signedIn;
    } catch (error) {
      show("You are not signed in", "The terminal says why. You can close this page.");
      throw error;
    }
  } finally {
    loopback.close();
  }
}

async function redeem(
  hub: string,
  query: URLSearchParams,
  proof: { readonly redirect_uri: string; readonly code_verifier: string },
): Promise<SignedIn> {
  // Whose code it is must be known before it is shown to anybody (mix-up, RFC 9207 §2.4).
  if (query.get("iss") !== hub)
    throw new Failure(EXIT.unauthorised, "The answer is not of the hub that was asked", {
      hint: `Use the address by which the hub knows itself: ${query.get("iss") ?? "it named none"}.`,
    });
  const error = query.get("error");
  if (error !== null)
    throw new Failure(EXIT.unauthorised, "The sign-in was refused in the browser", {
      hint: "Run `rustronaut login` again if that was a mistake.",
    });
  const grant = { grant_type: "authorization_code", code: query.get("code") ?? "", ...proof };
  const answer = await askForToken(new URL(TOKEN, hub).href, grant);
  if (isRefusal(answer)) throw failureOf(answer);
  return answer;
}
