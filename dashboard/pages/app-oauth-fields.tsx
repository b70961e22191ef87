import type { OAuthSettings } from "../../shared/access/oauth/settings.ts";
import { settingFields } from "../components/setting-fields.tsx";

/** What `OAuthFields` holds. */
export const readOAuthFields = (form: FormData): OAuthSettings => ({
  oauthClients: String(form.get("oauthClients")) as OAuthSettings["oauthClients"],
  mcp: form.has("mcp"),
});

/** Which programs may act for people, and whether the app is an MCP server. */
export function OAuthFields({
  settings,
  error,
}: {
  readonly settings: OAuthSettings;
  readonly error: unknown;
}) {
  const field = settingFields(settings, error);
  return (
    <details open={settings.oauthClients !== "none" || settings.mcp}>
      <summary>Programs that act for people</summary>
      <fieldset>
        <legend className="hidden">Programs that act for people</legend>
        {field.choice(
          "oauthClients",
          "Which programs may ask people for access (OAuth)",
          {
            none: "None",
            registered: "Those that an administrator registered",
            any: "Also those that describe themselves",
          },
          "Every bearer token that is sent to the app is then the gateway's.",
        )}
        {field.check(
          "mcp",
          "An MCP server, and nothing else: policies see the method and tool of each message",
        )}
      </fieldset>
    </details>
  );
}
