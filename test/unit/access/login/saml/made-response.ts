import { readResponse } from "../../../../../shared/access/login/saml/response.ts";
import { verifierOf } from "../../../../../workers/sign-in/saml/keys.ts";
import { certified } from "../../../../support/certificate.ts";
import { type ResponseOptions, samlResponse } from "../../../../support/saml-response.ts";

/** Responses that samlify makes and signs, and what reads them. */

export const NOW = Date.parse("2026-11-30T12:00:00Z");
export const EMAIL = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
export const expected = {
  issuer: "https://idp.example/metadata",
  audience: "https://auth.example/.rustronaut/saml/metadata",
  recipient: "https://auth.example/.rustronaut/saml/acs",
  requestId: "_request",
};
export const key = certified();
export const other = certified();
export const weak = certified("rsa", 1_024);

export const options = (): ResponseOptions => ({
  ...expected,
  entityId: expected.issuer,
  now: NOW,
  key,
  nameId: "alice@corp.example",
  format: EMAIL,
  attributes: { groups: ["eng", "R&D"], displayName: ["Alice"] },
  signs: "assertion",
  algorithm: "sha256",
  edit: (xml) => xml,
});
export const made = (change: Partial<ResponseOptions> = {}) => samlResponse({ ...options(), ...change });
export const read = (
  xml: string,
  change: Partial<typeof expected> = {},
  now = NOW,
  certificates = [key.certificate],
) => readResponse(xml, { ...expected, ...change }, verifierOf(certificates), now);

export const ASSERTION = /<saml:Assertion .*<\/saml:Assertion>/s;
export const SIGNATURE = /<ds:Signature .*?<\/ds:Signature>/s;
export const assertionOf = (xml: string): string => ASSERTION.exec(xml)?.[0] ?? "";
export const signatureOf = (xml: string): string => SIGNATURE.exec(xml)?.[0] ?? "";
export const unsigned = (xml: string): string => xml.replace(SIGNATURE, "");
/** The same about somebody else, under another ID, without a signature. */
export const evil = (xml: string): string =>
  xml
    .replace(SIGNATURE, "")
    .replace(/ ID="_a\w+"/, ' ID="_evil"')
    .replaceAll("alice@corp.example", "admin@corp.example");
