import { randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import type { Certified } from "./certificate.ts";

/** As much of samlify as is used. Its own types would put those of an older XML parser over ours. */
interface Samlify {
  readonly SamlLib: { readonly defaultLoginResponseTemplate: { readonly context: string } };
  IdentityProvider(settings: object): {
    getMetadata(): string;
    parseLoginRequest(
      sp: unknown,
      binding: "redirect",
      request: { readonly query: Readonly<Record<string, string>> },
    ): Promise<{ readonly extract: ParsedRequest }>;
    createLoginResponse(
      sp: unknown,
      request: object,
      binding: "post",
      user: object,
      custom: { customTagReplacement(template: string): { id: string; context: string } },
    ): Promise<{ readonly context: string }>;
  };
  ServiceProvider(settings: object): unknown;
  setSchemaValidator(validator: object): void;
}

/** A request as samlify reads it. */
export interface ParsedRequest {
  readonly request: {
    readonly id: string;
    readonly assertionConsumerServiceUrl: string;
    readonly destination: string;
  };
  readonly issuer: string;
}

const { IdentityProvider, SamlLib, ServiceProvider, setSchemaValidator } = createRequire(import.meta.url)(
  "samlify",
) as Samlify;

setSchemaValidator({ validate: async () => "not checked here" });

const RSA = "http://www.w3.org/2001/04/xmldsig-more#rsa-";
export const SIGNATURES = {
  sha256: `${RSA}sha256`,
  sha512: `${RSA}sha512`,
  sha1: "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
} as const;

export interface ResponseOptions {
  readonly entityId: string;
  readonly audience: string;
  readonly recipient: string;
  readonly requestId: string;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  readonly key: Certified;
  readonly nameId: string;
  readonly format: string;
  readonly attributes: Readonly<Record<string, readonly string[]>>;
  readonly signs: "assertion" | "response" | "both" | "none";
  readonly algorithm: keyof typeof SIGNATURES;
  /** Changes the XML before it is signed. */
  readonly edit: (xml: string) => string;
}

const POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
const REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";

const idpOf = (
  { entityId, key, algorithm }: Pick<ResponseOptions, "entityId" | "key" | "algorithm">,
  url: string,
) =>
  IdentityProvider({
    entityID: entityId,
    signingCert: key.certificate,
    privateKey: key.privatePem,
    isAssertionEncrypted: false,
    requestSignatureAlgorithm: SIGNATURES[algorithm],
    singleSignOnService: [{ Binding: REDIRECT, Location: url }],
    singleLogoutService: [{ Binding: REDIRECT, Location: url }],
    loginResponseTemplate: { context: TEMPLATE, attributes: [] },
  });

const TEMPLATE = SamlLib.defaultLoginResponseTemplate.context.replace(
  "{AuthnStatement}{AttributeStatement}",
  "{Statements}",
);

/** The metadata of a provider, as samlify makes them. */
export const idpMetadata = (entityId: string, key: Certified, signInUrl: string): string =>
  idpOf({ entityId, key, algorithm: "sha256" }, signInUrl).getMetadata();

/** A response that samlify made and signed: an implementation of its own, with another parser and canonicalizer. */
export async function samlResponse(options: ResponseOptions): Promise<string> {
  const { audience, recipient, requestId, now, nameId, format, signs } = options;
  const at = (ms: number) => new Date(now + ms).toISOString();
  const values: Record<string, string> = {
    ID: `_r${randomBytes(8).toString("hex")}`,
    AssertionID: `_a${randomBytes(8).toString("hex")}`,
    Issuer: options.entityId,
    IssueInstant: at(0),
    Destination: recipient,
    InResponseTo: requestId,
    StatusCode: "urn:oasis:names:tc:SAML:2.0:status:Success",
    NameIDFormat: format,
    NameID: escaped(nameId),
    SubjectConfirmationDataNotOnOrAfter: at(300_000),
    SubjectRecipient: recipient,
    ConditionsNotBefore: at(-5_000),
    ConditionsNotOnOrAfter: at(300_000),
    Audience: audience,
    Statements: statements(at(0), options.attributes),
  };
  const sp = ServiceProvider({
    entityID: audience,
    wantAssertionsSigned: signs === "assertion" || signs === "both",
    wantMessageSigned: signs === "response" || signs === "both",
    assertionConsumerService: [{ Binding: POST, Location: recipient }],
  });
  const fill = (template: string) => ({
    id: values.ID ?? "",
    context: options.edit(template.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "")),
  });
  const made = await idpOf(options, "https://idp.example/sso").createLoginResponse(
    sp,
    { extract: { request: { id: requestId } } },
    "post",
    {},
    { customTagReplacement: fill },
  );
  return Buffer.from(made.context, "base64").toString();
}

/** Reads a request that came by HTTP-Redirect, as samlify does. */
export async function readRequest(
  query: Readonly<Record<string, string>>,
  entityId: string,
  key: Certified,
): Promise<ParsedRequest> {
  const sp = ServiceProvider({ entityID: "any", assertionConsumerService: [] });
  const idp = idpOf({ entityId, key, algorithm: "sha256" }, entityId);
  return (await idp.parseLoginRequest(sp, "redirect", { query })).extract;
}

function statements(at: string, attributes: ResponseOptions["attributes"]): string {
  const values = (list: readonly string[]) =>
    list
      .map((value) => `<saml:AttributeValue xsi:type="xs:string">${escaped(value)}</saml:AttributeValue>`)
      .join("");
  const each = Object.entries(attributes)
    .map(([name, list]) => `<saml:Attribute Name="${name}">${values(list)}</saml:Attribute>`)
    .join("");
  return `<saml:AuthnStatement AuthnInstant="${at}" SessionIndex="_s1"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>${each}</saml:AttributeStatement>`;
}

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
