import type { CorsSettings } from "../../shared/http/cors.ts";
import { settingFields } from "../components/setting-fields.tsx";
import { splitList } from "../lib/format.ts";

/** What `CorsFields` holds. */
export function readCorsFields(form: FormData): CorsSettings {
  const text = (name: keyof CorsSettings) => String(form.get(name) ?? "").trim();
  return {
    allowedOrigins: splitList(text("allowedOrigins")),
    corsMethods: splitList(text("corsMethods")),
    corsHeaders: splitList(text("corsHeaders")),
    corsExposedHeaders: splitList(text("corsExposedHeaders")),
    corsCredentials: form.has("corsCredentials"),
    corsMaxAgeSeconds: Number(text("corsMaxAgeSeconds")),
    corsPreflights: text("corsPreflights") as CorsSettings["corsPreflights"],
    corsAnswers: text("corsAnswers") as CorsSettings["corsAnswers"],
  };
}

/** What scripts of other origins may do with an app. */
export function CorsFields({
  settings,
  error,
}: {
  readonly settings: CorsSettings;
  readonly error: unknown;
}) {
  const field = settingFields(settings, error);
  return (
    <details>
      <summary>Other origins (CORS)</summary>
      <fieldset>
        <legend className="hidden">Other origins (CORS)</legend>
        {field.lines(
          "allowedOrigins",
          "Other origins that may connect",
          "One a line, such as https://spa.example.com; the app's own is always allowed.",
        )}
        {field.lines(
          "corsMethods",
          "Methods that they may use",
          "One a line. Empty: those that they ask for; policies judge each request all the same.",
        )}
        {field.lines(
          "corsHeaders",
          "Headers that they may send",
          "One a line. Empty: those that they ask for.",
        )}
        {field.number("corsMaxAgeSeconds", "Seconds a browser may remember a preflight", undefined, 86_400)}
        {field.choice("corsPreflights", "Who answers preflights", {
          gateway: "The gateway",
          app: "The app: it gets them without a sign-in",
        })}
        {field.choice("corsAnswers", "Who says what they may read of the app's answers", {
          app: "The app",
          gateway: "The gateway, in place of the app",
        })}
        {field.lines(
          "corsExposedHeaders",
          "Headers of answers that they may read",
          "One a line; only where the gateway says what may be read.",
        )}
        {field.check("corsCredentials", "They may send cookies")}
      </fieldset>
    </details>
  );
}
