import type { HeaderRule } from "../../shared/http/header-rules.ts";
import type { AppSettings } from "../../shared/registry/app-settings.ts";
import { Field } from "../components/field.tsx";
import { settingFields } from "../components/setting-fields.tsx";
import { issueOf } from "../components/states.tsx";

type Settings = Pick<
  AppSettings,
  "requestHeaders" | "responseHeaders" | "pathStrip" | "pathPrefix" | "upstreamHost"
>;

/** What `UpstreamFields` holds. */
export function readUpstreamFields(form: FormData): Settings {
  const text = (name: keyof Settings) => String(form.get(name) ?? "").trim();
  return {
    requestHeaders: rulesOf(text("requestHeaders")),
    responseHeaders: rulesOf(text("responseHeaders")),
    pathStrip: text("pathStrip"),
    pathPrefix: text("pathPrefix"),
    upstreamHost: text("upstreamHost") || "upstream",
  };
}

/** Rules as people write them, one a line. What is no rule is left to the hub, which says what is wrong with it. */
const rulesOf = (text: string): HeaderRule[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean)
    .map((line) => {
      const [, action = "", name = "", value] = /^(\S+)\s*([^:]*?)\s*(?::\s*(.*))?$/.exec(line) ?? [];
      return { action: action as HeaderRule["action"], name, ...(value === undefined ? {} : { value }) };
    });

const ruleText = ({ action, name, value }: HeaderRule): string =>
  value === undefined ? `${action} ${name}` : `${action} ${name}: ${value}`;

/** What is changed on the way to the application and back. */
export function UpstreamFields({
  settings,
  error,
}: {
  readonly settings: Settings;
  readonly error: unknown;
}) {
  const field = settingFields(settings, error);
  const rules = (name: "requestHeaders" | "responseHeaders", label: string, hint: string) => (
    <Field label={label} hint={hint} error={issueOf(error, `/settings/${name}`)}>
      {(c) => <textarea {...c} name={name} rows={3} defaultValue={settings[name].map(ruleText).join("\n")} />}
    </Field>
  );
  return (
    <details>
      <summary>Headers and paths</summary>
      <fieldset>
        <legend className="hidden">Headers and paths</legend>
        {rules(
          "requestHeaders",
          "Headers of requests",
          "One rule a line: set x-webauth-user: {user.email}, add x-team: sales, remove referer. No place for secrets.",
        )}
        {rules(
          "responseHeaders",
          "Headers of answers",
          "One rule a line, such as set x-frame-options: DENY or remove server.",
        )}
        {field.text(
          "pathStrip",
          "Beginning of paths that the app does not know",
          "Such as /wiki; policies judge the whole path.",
        )}
        {field.text("pathPrefix", "What paths begin with at the app instead", "Such as /app.")}
        {field.text(
          "upstreamHost",
          "Host that the app is asked for",
          "upstream, public, or a host; another than upstream only through agents.",
        )}
      </fieldset>
    </details>
  );
}
