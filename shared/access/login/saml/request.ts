import { escapeAttribute, escapeText, NS } from "./xml.ts";

export interface AuthnRequest {
  /** An XML name: it begins with a letter or `_`. */
  readonly id: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly destination: string;
  readonly recipient: string;
  readonly issuer: string;
  /** The person must sign in again. */
  readonly force: boolean;
  /** The authentication contexts of which the sign-in must be one. With `[]`, any. */
  readonly contexts: readonly string[];
}

const POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";

/** An `AuthnRequest` (SAML Core §3.4.1). It is not signed. */
export function authnRequest(request: AuthnRequest): string {
  const { id, at, destination, recipient, issuer, force } = request;
  const attributes = {
    "xmlns:samlp": NS.protocol,
    "xmlns:saml": NS.assertion,
    ID: id,
    Version: "2.0",
    IssueInstant: new Date(at).toISOString(),
    Destination: destination,
    AssertionConsumerServiceURL: recipient,
    ProtocolBinding: POST,
    ...(force ? { ForceAuthn: "true" } : {}),
  };
  const written = Object.entries(attributes).map(([name, value]) => ` ${name}="${escapeAttribute(value)}"`);
  return `<samlp:AuthnRequest${written.join("")}><saml:Issuer>${escapeText(issuer)}</saml:Issuer><samlp:NameIDPolicy AllowCreate="true"/>${requestedContext(request.contexts)}</samlp:AuthnRequest>`;
}

/** SAML Core §3.3.2.2.1. */
function requestedContext(contexts: readonly string[]): string {
  if (contexts.length === 0) return "";
  const classes = contexts.map(
    (one) => `<saml:AuthnContextClassRef>${escapeText(one)}</saml:AuthnContextClassRef>`,
  );
  return `<samlp:RequestedAuthnContext Comparison="exact">${classes.join("")}</samlp:RequestedAuthnContext>`;
}

/** Our own metadata (SAML Metadata §2.4.4), for the provider's administrator. */
export const spMetadata = (entityId: string, recipient: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>
<md:EntityDescriptor xmlns:md="${NS.metadata}" entityID="${escapeAttribute(entityId)}">
  <md:SPSSODescriptor AuthnRequestsSigned="false" WantAssertionsSigned="true" protocolSupportEnumeration="${NS.protocol}">
    <md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat>
    <md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</md:NameIDFormat>
    <md:AssertionConsumerService Binding="${POST}" Location="${escapeAttribute(recipient)}" index="0" isDefault="true"/>
  </md:SPSSODescriptor>
</md:EntityDescriptor>
`;
