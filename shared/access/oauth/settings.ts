/** How an app treats programs that act for its people by OAuth. */
export interface OAuthSettings {
  /**
   * Which clients may ask a person for access to the app: none, those that an administrator registered, or also those
   * that describe themselves.
   */
  readonly oauthClients: "none" | "registered" | "any";
  /** The app is an MCP server: each body is one JSON-RPC message, and policies see its method and tool. */
  readonly mcp: boolean;
}

export const DEFAULT_OAUTH_SETTINGS: OAuthSettings = { oauthClients: "none", mcp: false };

/** Whether the app takes this client at all. */
export const takesClient = (
  { oauthClients }: Pick<OAuthSettings, "oauthClients">,
  isRegistered: boolean,
): boolean => oauthClients === "any" || (oauthClients === "registered" && isRegistered);
