import type { QuotaSettings } from "../../shared/access/quota.ts";
import { settingFields } from "../components/setting-fields.tsx";

/** What `QuotaFields` holds. */
export function readQuotaFields(form: FormData): QuotaSettings {
  const number = (name: keyof QuotaSettings) => Number(form.get(name));
  return {
    callerRequestsPerMinute: number("callerRequestsPerMinute"),
    appRequestsPerMinute: number("appRequestsPerMinute"),
    denialsPerMinute: number("denialsPerMinute"),
  };
}

/** How many requests an app takes. */
export function QuotaFields({
  settings,
  error,
}: {
  readonly settings: QuotaSettings;
  readonly error: unknown;
}) {
  const field = settingFields(settings, error);
  return (
    <details>
      <summary>Limits</summary>
      <fieldset>
        <legend className="hidden">Limits</legend>
        {field.number(
          "callerRequestsPerMinute",
          "Requests a minute of one session or token",
          "0: no limit. Where nobody has signed in, those of one network.",
        )}
        {field.number("appRequestsPerMinute", "Requests a minute of everybody together", "0: no limit.")}
        {field.number(
          "denialsPerMinute",
          "Denials a minute after which a session or token is refused unheard",
          "0: no limit.",
        )}
      </fieldset>
    </details>
  );
}
