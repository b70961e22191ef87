import type { Question } from "../../shared/access/question.ts";
import type { HeaderVariables } from "../../shared/http/header-rules.ts";
import type { Caller } from "./caller.ts";

/** What the rules of an app for headers may name, for one request. Null when the app has no such rules. */
export function headerVariables(
  { app, network }: Question,
  caller: Caller,
  decisionId: string,
): HeaderVariables | null {
  const { requestHeaders, responseHeaders } = app.settings;
  if (requestHeaders.length === 0 && responseHeaders.length === 0) return null;
  return {
    ...whoOf(caller),
    "request.id": decisionId,
    "client.ip": network.ip,
    "app.name": app.name,
    "app.host": app.host,
  };
}

type Who = Pick<HeaderVariables, "user.id" | "user.email" | "user.name" | "groups">;

function whoOf(caller: Caller): Who {
  if (caller.kind === "anonymous") {
    return { "user.id": null, "user.email": null, "user.name": null, groups: null };
  }
  if (caller.kind === "service") {
    const { id, name, groups } = caller.token;
    return { "user.id": id, "user.email": null, "user.name": name, groups };
  }
  const { userId, email, name, groups } = caller.session.principal;
  return { "user.id": userId, "user.email": email, "user.name": name, groups };
}
