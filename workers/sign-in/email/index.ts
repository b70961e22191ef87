import { addressPage, htmlResponse } from "../../pages/index.ts";
import { beginAttempt } from "../attempt.ts";
import type { SignInMethod } from "../method.ts";
import { SEND } from "./paths.ts";
import { NO_MAIL_SERVICE, tryMail } from "./trial.ts";

/**
 * Sign-in with a code by e-mail, for guests who have no account at any provider. `serve.ts` serves everything
 * after the first page.
 */
export const EMAIL: SignInMethod = {
  async begin(request, bindings, provider, wish) {
    const { prepared, cookies } = await beginAttempt(request, bindings, provider, wish, ({ state }) =>
      addressPage({ action: SEND, state, email: "", problem: null }),
    );
    const headers = new Headers(cookies.map((cookie) => ["Set-Cookie", cookie] as [string, string]));
    return htmlResponse(prepared, 200, "ask_address", headers);
  },

  problems: async ({ mail }) => (mail === null ? [NO_MAIL_SERVICE] : []),
  test: tryMail,
};
