import { hasSetting, type KindSetting, type ProviderKind } from "../../shared/access/login/provider-kinds.ts";
import type { Body } from "../../shared/api/endpoints.ts";
import { Check, Field } from "../components/field.tsx";
import { issueOf } from "../components/states.tsx";
import { splitList } from "../lib/format.ts";

export interface ProviderValues {
  readonly kind: ProviderKind;
  readonly name: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly hasClientSecret: boolean;
  readonly scopes: string;
  readonly groupsClaim: string;
  readonly emailClaim: string;
  readonly emailVerified: "required" | "absentIsTrusted";
  readonly trustedAudiences: readonly string[];
  readonly allowedDomains: readonly string[];
  readonly guestDays: number | null;
  readonly organizations: readonly string[];
  readonly metadata: string;
  readonly metadataUrl: string | null;
  readonly offlineAccess: "no" | "scope" | "consent";
  readonly recheckMinutes: number;
  readonly recheckGraceHours: number;
  readonly believesMethods: boolean;
  readonly secondFactorAcr: readonly string[];
  readonly enabled: boolean;
}

/** What `ProviderFields` holds, as the body of a create. An empty secret field changes no secret. */
export function readProviderFields(form: FormData): Body<"identityProviders.create"> {
  const text = (name: string) => String(form.get(name) ?? "").trim();
  const kind = text("kind") as ProviderKind;
  const secret = text("clientSecret");
  const all: Body<"identityProviders.create"> = {
    kind,
    name: text("name"),
    issuer: text("issuer"),
    clientId: text("clientId"),
    ...(form.has("withoutSecret") ? { clientSecret: null } : secret && { clientSecret: secret }),
    scopes: text("scopes"),
    groupsClaim: text("groupsClaim"),
    emailClaim: text("emailClaim"),
    emailVerified: text("emailVerified") as ProviderValues["emailVerified"],
    trustedAudiences: splitList(text("trustedAudiences")),
    allowedDomains: splitList(text("allowedDomains")),
    guestDays: text("guestDays") === "" ? null : Number(text("guestDays")),
    organizations: splitList(text("organizations")),
    metadata: text("metadata"),
    metadataUrl: text("metadataUrl") || null,
    offlineAccess: text("offlineAccess") as ProviderValues["offlineAccess"],
    recheckMinutes: Number(text("recheckMinutes")),
    recheckGraceHours: Number(text("recheckGraceHours")),
    believesMethods: form.has("believesMethods"),
    secondFactorAcr: splitList(text("secondFactorAcr")),
    enabled: form.has("enabled"),
  };
  return Object.fromEntries(Object.entries(all).filter(([name]) => hasSetting(kind, name))) as typeof all;
}

interface ProviderFields {
  readonly provider: ProviderValues;
  readonly error: unknown;
}

export function ProviderFields({ provider, error }: ProviderFields) {
  const wrong = (path: string) => issueOf(error, path);
  const has = (setting: KindSetting) => hasSetting(provider.kind, setting);
  return (
    <>
      <input type="hidden" name="kind" value={provider.kind} />
      <Field label="Name" hint="People see it on the sign-in page." error={wrong("/name")}>
        {(c) => <input {...c} name="name" required maxLength={100} defaultValue={provider.name} />}
      </Field>
      {has("issuer") && (
        <Field label="Issuer" hint={ISSUER_HINTS[provider.kind]} error={wrong("/issuer")}>
          {(c) => <input {...c} name="issuer" type="url" required defaultValue={provider.issuer} />}
        </Field>
      )}
      {has("clientId") && <ClientFields provider={provider} error={error} />}
      {has("metadata") && <MetadataFields provider={provider} error={error} />}
      {has("organizations") && (
        <Field
          label="Organisations"
          hint="Separated by commas. Only their members sign in, and only these make groups."
          error={wrong("/organizations")}
        >
          {(c) => <input {...c} name="organizations" defaultValue={provider.organizations.join(", ")} />}
        </Field>
      )}
      <Field
        label="Domains that it admits"
        hint="Separated by commas. Whoever has an address there becomes a user by signing in."
        error={wrong("/allowedDomains")}
      >
        {(c) => <input {...c} name="allowedDomains" defaultValue={provider.allowedDomains.join(", ")} />}
      </Field>
      <Field
        label="Days until the access of a new user ends"
        hint="Empty for access that lasts."
        error={wrong("/guestDays")}
      >
        {(c) => (
          <input
            {...c}
            name="guestDays"
            type="number"
            min={1}
            max={3_650}
            defaultValue={provider.guestDays ?? ""}
          />
        )}
      </Field>
      <Check label="Switched on" name="enabled" defaultChecked={provider.enabled} />
      {has("groupsClaim") && <ClaimFields provider={provider} error={error} />}
      {has("believesMethods") && <MethodFields provider={provider} error={error} />}
      {has("recheckMinutes") && <RecheckFields provider={provider} error={error} />}
    </>
  );
}

const ISSUER_HINTS: Readonly<Record<ProviderKind, string>> = {
  oidc: "To the letter, as its discovery document names it.",
  github: "The origin of its pages; of GitHub Enterprise, its own.",
  saml: "Its entity id, to the letter, as its metadata name it.",
  email: "",
};

function MethodFields({ provider, error }: ProviderFields) {
  return (
    <>
      <Check
        label="Believe what it says of how people sign in (amr, acr)"
        name="believesMethods"
        defaultChecked={provider.believesMethods}
      />
      <Field
        label="Contexts that mean a second factor"
        hint="Separated by commas. A step-up asks for them (acr_values). Empty where it names methods (amr)."
        error={issueOf(error, "/secondFactorAcr")}
      >
        {(c) => <input {...c} name="secondFactorAcr" defaultValue={provider.secondFactorAcr.join(", ")} />}
      </Field>
    </>
  );
}

function ClientFields({ provider, error }: ProviderFields) {
  return (
    <>
      <Field label="Client id" error={issueOf(error, "/clientId")}>
        {(c) => <input {...c} name="clientId" required autoComplete="off" defaultValue={provider.clientId} />}
      </Field>
      <Field
        label="Client secret"
        hint={
          provider.hasClientSecret
            ? "One is stored and never shown. Leave this empty to keep it."
            : "Empty for a client without one."
        }
        error={issueOf(error, "/clientSecret")}
      >
        {(c) => <input {...c} name="clientSecret" type="password" autoComplete="new-password" />}
      </Field>
      {provider.kind === "oidc" && provider.hasClientSecret && (
        <Check label="Forget the stored client secret" name="withoutSecret" />
      )}
    </>
  );
}

function MetadataFields({ provider, error }: ProviderFields) {
  return (
    <>
      <Field
        label="Address of its metadata"
        hint="With it, a new key of the provider is known by itself."
        error={issueOf(error, "/metadataUrl")}
      >
        {(c) => <input {...c} name="metadataUrl" type="url" defaultValue={provider.metadataUrl ?? ""} />}
      </Field>
      <Field
        label="Its metadata"
        hint="As XML, only where there is no such address."
        error={issueOf(error, "/metadata")}
      >
        {(c) => (
          <textarea {...c} name="metadata" rows={4} spellCheck={false} defaultValue={provider.metadata} />
        )}
      </Field>
    </>
  );
}

function ClaimFields({ provider, error }: ProviderFields) {
  const isOidc = provider.kind === "oidc";
  return (
    <details>
      <summary>{isOidc ? "Claims and scopes" : "Attributes"}</summary>
      <fieldset>
        <legend className="hidden">{isOidc ? "Claims and scopes" : "Attributes"}</legend>
        {isOidc && (
          <Field label="Scopes" hint="Begins with openid." error={issueOf(error, "/scopes")}>
            {(c) => <input {...c} name="scopes" required defaultValue={provider.scopes} />}
          </Field>
        )}
        <Field
          label={isOidc ? "Claim of the groups" : "Attribute of the groups"}
          hint={isOidc ? "Or the path to a nested one, with dots." : "By its name, which may be a URL."}
          error={issueOf(error, "/groupsClaim")}
        >
          {(c) => <input {...c} name="groupsClaim" required defaultValue={provider.groupsClaim} />}
        </Field>
        <Field
          label={isOidc ? "Claim of the e-mail address" : "Attribute of the e-mail address"}
          error={issueOf(error, "/emailClaim")}
        >
          {(c) => <input {...c} name="emailClaim" required defaultValue={provider.emailClaim} />}
        </Field>
        <Field label="An address of which it does not say that it is verified">
          {(c) => (
            <select {...c} name="emailVerified" defaultValue={provider.emailVerified}>
              <option value="required">is refused</option>
              <option value="absentIsTrusted">is trusted (an explicit no never is)</option>
            </select>
          )}
        </Field>
        {isOidc && (
          <Field
            label="Trusted audiences"
            hint="What an ID token may name besides the client id, separated by commas."
            error={issueOf(error, "/trustedAudiences")}
          >
            {(c) => (
              <input {...c} name="trustedAudiences" defaultValue={provider.trustedAudiences.join(", ")} />
            )}
          </Field>
        )}
      </fieldset>
    </details>
  );
}

function RecheckFields({ provider, error }: ProviderFields) {
  return (
    <details>
      <summary>Asking again about who is signed in</summary>
      <fieldset>
        <legend className="hidden">Asking again about who is signed in</legend>
        <Field
          label="Refresh tokens"
          hint="With them, what changes at the provider takes effect without a new sign-in."
        >
          {(c) => (
            <select {...c} name="offlineAccess" defaultValue={provider.offlineAccess}>
              <option value="no">are not asked for</option>
              <option value="scope">by the scope offline_access</option>
              <option value="consent">by that scope, and the person is asked each time</option>
            </select>
          )}
        </Field>
        <Field label="Minutes between two questions about a person" error={issueOf(error, "/recheckMinutes")}>
          {(c) => (
            <input
              {...c}
              name="recheckMinutes"
              type="number"
              min={1}
              max={1_440}
              required
              defaultValue={provider.recheckMinutes}
            />
          )}
        </Field>
        <Field
          label="Hours that sessions stand while it can't be asked"
          error={issueOf(error, "/recheckGraceHours")}
        >
          {(c) => (
            <input
              {...c}
              name="recheckGraceHours"
              type="number"
              min={0}
              max={720}
              required
              defaultValue={provider.recheckGraceHours}
            />
          )}
        </Field>
      </fieldset>
    </details>
  );
}
