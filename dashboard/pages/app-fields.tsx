import type { Body } from "../../shared/api/endpoints.ts";
import type { AppSettings } from "../../shared/registry/app-settings.ts";
import { useApi } from "../api.ts";
import { Check, Field } from "../components/field.tsx";
import { issueOf } from "../components/states.tsx";
import { splitList } from "../lib/format.ts";
import { BalanceFields, readBalanceFields } from "./app-balance-fields.tsx";
import { CorsFields, readCorsFields } from "./app-cors-fields.tsx";
import { GrantFields, readGrantFields } from "./app-grant-fields.tsx";
import { OAuthFields, readOAuthFields } from "./app-oauth-fields.tsx";
import { PeopleFields, readPeopleFields } from "./app-people-fields.tsx";
import { QuotaFields, readQuotaFields } from "./app-quota-fields.tsx";
import { RiskFields, readRiskFields } from "./app-risk-fields.tsx";
import { readUpstreamFields, UpstreamFields } from "./app-upstream-fields.tsx";

interface AppValues {
  readonly name?: string;
  readonly title?: string;
  readonly host?: string;
  readonly otherHosts?: readonly string[];
  readonly segment?: string;
  readonly upstreams?: readonly string[];
  readonly through?: readonly string[];
  readonly tags?: readonly string[];
  readonly enabled: boolean;
  readonly settings: AppSettings;
}

/** What `AppFields` holds, as the body of a create or update. */
export function readAppFields(form: FormData): Body<"apps.create"> {
  const text = (name: string) => String(form.get(name) ?? "").trim();
  const number = (name: string) => Number(text(name));
  return {
    name: text("name"),
    title: text("title"),
    host: text("host"),
    otherHosts: splitList(text("otherHosts")),
    segment: text("segment"),
    upstreams: splitList(text("upstreams")),
    through: splitList(text("through")),
    tags: splitList(text("tags")),
    enabled: form.has("enabled"),
    settings: {
      idleSeconds: number("idleSeconds"),
      absoluteSeconds: number("absoluteSeconds"),
      upstreamTimeoutMs: number("upstreamTimeoutMs"),
      leaseMs: number("leaseMs"),
      clientHeaders: splitList(text("clientHeaders")),
      tokenHeaders: splitList(text("tokenHeaders")),
      compatibility: text("compatibility") as AppSettings["compatibility"],
      assertionAlgorithm: text("assertionAlgorithm") as AppSettings["assertionAlgorithm"],
      anonymous: form.has("anonymous"),
      caseInsensitivePaths: form.has("caseInsensitivePaths"),
      encodedSlashes: form.has("encodedSlashes"),
      methodOverride: form.has("methodOverride"),
      methodField: form.has("methodField"),
      clientCertificates: form.has("clientCertificates"),
      rootServiceWorker: form.has("rootServiceWorker"),
      ...readBalanceFields(form),
      ...readPeopleFields(form),
      ...readQuotaFields(form),
      ...readUpstreamFields(form),
      ...readCorsFields(form),
      ...readRiskFields(form),
      ...readGrantFields(form),
      ...readOAuthFields(form),
    },
  };
}

export function AppFields({ app, error }: { readonly app: AppValues; readonly error: unknown }) {
  const segments = useApi("segments.list", { query: { limit: 200 } });
  const names = segments.data?.items.map((segment) => segment.name) ?? [];
  // While the segments load, the app's own one keeps the choice from being empty.
  const choices = app.segment && !names.includes(app.segment) ? [app.segment, ...names] : names;
  const wrong = (path: string) => issueOf(error, path);
  return (
    <>
      <Field label="Title" error={wrong("/title")}>
        {(c) => <input {...c} name="title" maxLength={200} required defaultValue={app.title} />}
      </Field>
      <Field
        label="Name"
        hint={'Policies call it App::"name". Lower-case letters, digits and hyphens.'}
        error={wrong("/name")}
      >
        {(c) => <input {...c} name="name" required pattern="[a-z0-9\-]+" defaultValue={app.name} />}
      </Field>
      <Field label="Host" hint="Where people open it, such as wiki.example.com." error={wrong("/host")}>
        {(c) => <input {...c} name="host" required inputMode="url" defaultValue={app.host} />}
      </Field>
      <Field
        label="Other hosts"
        hint="Up to four more addresses of the same app, one a line, such as that of its API. Who signs in at one is signed in at all."
        error={wrong("/otherHosts")}
      >
        {(c) => <textarea {...c} name="otherHosts" rows={2} defaultValue={app.otherHosts?.join("\n")} />}
      </Field>
      <Field label="Segment" error={wrong("/segment")}>
        {(c) => (
          <select {...c} name="segment" required key={choices.length} defaultValue={app.segment}>
            {choices.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        )}
      </Field>
      <Field
        label="Upstreams"
        hint="One origin a line, such as https://wiki.internal.example."
        error={wrong("/upstreams")}
      >
        {(c) => (
          <textarea {...c} name="upstreams" rows={2} required defaultValue={app.upstreams?.join("\n")} />
        )}
      </Field>
      <Field
        label="Reached through"
        hint="Agents that dial a private app, separated by commas, such as tag:office or node:gate-1. Empty: the edge dials it."
        error={wrong("/through")}
      >
        {(c) => <input {...c} name="through" defaultValue={app.through?.join(", ")} />}
      </Field>
      <Field
        label="Tags"
        hint="Separated by commas; policies read them as resource.tags."
        error={wrong("/tags")}
      >
        {(c) => <input {...c} name="tags" defaultValue={app.tags?.join(", ")} />}
      </Field>
      <Check label="Switched on" name="enabled" defaultChecked={app.enabled} />
      <SettingsFields settings={app.settings} error={error} />
      <PeopleFields settings={app.settings} error={error} />
      <QuotaFields settings={app.settings} error={error} />
      <BalanceFields settings={app.settings} error={error} />
      <UpstreamFields settings={app.settings} error={error} />
      <CorsFields settings={app.settings} error={error} />
      <RiskFields settings={app.settings} error={error} />
      <GrantFields settings={app.settings} error={error} />
      <OAuthFields settings={app.settings} error={error} />
    </>
  );
}

function SettingsFields({
  settings,
  error,
}: {
  readonly settings: AppValues["settings"];
  readonly error: unknown;
}) {
  const number = (
    name: "idleSeconds" | "absoluteSeconds" | "upstreamTimeoutMs" | "leaseMs",
    label: string,
  ) => (
    <Field label={label} error={issueOf(error, `/settings/${name}`)}>
      {(c) => <input {...c} name={name} type="number" min={0} required defaultValue={settings[name]} />}
    </Field>
  );
  return (
    <details>
      <summary>Sessions, assertion and connection</summary>
      <fieldset>
        <legend className="hidden">Sessions, assertion and connection</legend>
        {number("idleSeconds", "Session ends after seconds without traffic")}
        {number("absoluteSeconds", "Session ends after seconds in any case")}
        {number("leaseMs", "Milliseconds an allow may be reused for sub-resources (0 to 1000)")}
        {number("upstreamTimeoutMs", "Milliseconds to wait for the upstream")}
        <Field label="Assertion algorithm">
          {(c) => (
            <select {...c} name="assertionAlgorithm" defaultValue={settings.assertionAlgorithm}>
              <option>ES256</option>
              <option>EdDSA</option>
            </select>
          )}
        </Field>
        <Field label="Also send the assertion as" hint="For an app that verified another product's before.">
          {(c) => (
            <select {...c} name="compatibility" defaultValue={settings.compatibility}>
              <option value="none">Rustronaut only</option>
              <option value="cloudflare">Cloudflare Access</option>
              <option value="pomerium">Pomerium</option>
            </select>
          )}
        </Field>
        <Field
          label="Headers about the caller that clients may send"
          hint="One a line, such as x-auth-user or x-consumer-*. Anybody can write them; all others of that kind are removed."
          error={issueOf(error, "/settings/clientHeaders")}
        >
          {(c) => (
            <textarea {...c} name="clientHeaders" rows={2} defaultValue={settings.clientHeaders.join("\n")} />
          )}
        </Field>
        <Field
          label="Further headers in which programs may send their token"
          hint="One a line, such as x-api-key. They never reach the app."
          error={issueOf(error, "/settings/tokenHeaders")}
        >
          {(c) => (
            <textarea {...c} name="tokenHeaders" rows={2} defaultValue={settings.tokenHeaders.join("\n")} />
          )}
        </Field>
        <Check
          label="Let policies judge requests without any sign-in"
          name="anonymous"
          defaultChecked={settings.anonymous}
        />
        <Check
          label="The upstream ignores upper and lower case in paths"
          name="caseInsensitivePaths"
          defaultChecked={settings.caseInsensitivePaths}
        />
        <Check
          label="Forward encoded slashes"
          name="encodedSlashes"
          defaultChecked={settings.encodedSlashes}
        />
        <Check
          label="Allow method override headers"
          name="methodOverride"
          defaultChecked={settings.methodOverride}
        />
        <Check
          label="The app takes the method of a POST from a field _method: judge it for each action"
          name="methodField"
          defaultChecked={settings.methodField}
        />
        <Check
          label="Let policies ask for the certificate of the client's TLS"
          name="clientCertificates"
          defaultChecked={settings.clientCertificates}
        />
        <Check
          label="Let a service worker watch over the whole host (it sees sign-in codes)"
          name="rootServiceWorker"
          defaultChecked={settings.rootServiceWorker}
        />
      </fieldset>
    </details>
  );
}
