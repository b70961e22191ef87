import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { claimsOf } from "../../../../../shared/access/login/saml/claims.ts";
import type { ResponseOptions } from "../../../../support/saml-response.ts";

import {
  ASSERTION,
  assertionOf,
  key,
  made,
  NOW,
  other,
  read,
  SIGNATURE,
  unsigned,
  weak,
} from "./made-response.ts";

describe("a SAML response that another implementation signed", () => {
  test.each(["assertion", "response", "both"] as const)("is read when the %s is signed", async (signs) => {
    const result = await read(await made({ signs }));
    expect(result).toMatchObject({
      ok: true,
      value: {
        subject: "alice@corp.example",
        isAddress: true,
        attributes: new Map([
          ["groups", ["eng", "R&D"]],
          ["displayName", ["Alice"]],
        ]),
        authenticatedAt: NOW / 1_000,
        sessionIndex: "_s1",
        rememberUntil: NOW + 360_000,
      },
    });
  });

  test("is read with SHA-512, in whatever whitespace, and with prefixes that are declared far above", async () => {
    expect(await read(await made({ algorithm: "sha512" }))).toMatchObject({ ok: true });
    const edit = (xml: string) =>
      xml
        .replaceAll("><", ">\r\n\t<")
        .replace("<samlp:Response ", '<samlp:Response xmlns:far="urn:far" ')
        .replace("<saml:Subject>", '<saml:Subject far:odd="&quot; &#9; &lt; é 😀">');
    for (const signs of ["assertion", "response"] as const) {
      expect(await read(await made({ edit, signs }))).toMatchObject({ ok: true });
    }
  });

  test("is read with the second key while the provider changes its key, and with no other", async () => {
    const xml = await made({ key: other });
    expect(await read(xml, {}, NOW, [key.certificate, other.certificate])).toMatchObject({ ok: true });
    expect(await read(xml)).toEqual({ ok: false, error: "no key of the provider made the signature" });
  });

  test("is read with the claims of OpenID Connect; no attribute takes the place of who and when", async () => {
    const attributes = {
      sub: ["mallory"],
      auth_time: ["1"],
      groups: ["eng"],
      _claim_names: ["x"],
      hasgroups: ["true"],
    };
    const result = await read(await made({ attributes }));
    expect(result.ok && claimsOf(result.value, "email")).toEqual({
      sub: "alice@corp.example",
      email: "alice@corp.example",
      groups: "eng",
      name: undefined,
      auth_time: NOW / 1_000,
      acr: "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
      sid: "_s1",
      amr: undefined,
    });
    const persistent = await read(
      await made({ format: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent" }),
    );
    expect(persistent.ok && claimsOf(persistent.value, "email")).not.toHaveProperty("email");
  });
});

/** Signed once with xmlsec1 1.2.37 (libxml2): default namespaces, `InclusiveNamespaces` of prefixes declared far above, P-256. */
describe.each(["rsa", "ec"])("a SAML response that xmlsec signed with %s", (kind) => {
  const vector = (name: string) => readFileSync(`test/vectors/saml/xmlsec-${kind}.${name}`, "utf8");

  test("is read, and nothing else than what it signed", async () => {
    const certificates = [vector("certificate.txt")];
    const result = await read(vector("xml"), {}, NOW, certificates);
    expect(result.ok && claimsOf(result.value, "email")).toMatchObject({
      sub: "00u1 & é",
      email: "alice@corp.example",
      "http://schemas.xmlsoap.org/claims/Group": ["eng", "ops"],
    });
    const changed = vector("xml").replace("xs:string", "xs:String");
    expect(await read(changed, {}, NOW, certificates)).toMatchObject({ ok: false });
  });
});

describe("a SAML response is refused", () => {
  test.each<[string, string, () => Promise<string>]>([
    ["that nobody signed", "neither", async () => unsigned(await made())],
    ["signed with SHA-1", "does not count", () => made({ algorithm: "sha1" })],
    ["of a weak key", "no key", () => made({ key: weak })],
  ])("%s", async (_, reason, make) => {
    const result = await read(await make(), {}, NOW, [key.certificate, weak.certificate]);
    expect(result).toMatchObject({ ok: false, error: expect.stringContaining(reason) });
  });

  const at = (ms: number) => new Date(NOW + ms).toISOString();
  const swap = (from: string | RegExp, to: string) => ({ edit: (xml: string) => xml.replace(from, to) });
  test.each<[string, string, Partial<ResponseOptions>]>([
    ["of another issuer", "another issuer", { entityId: "https://evil.example" }],
    [
      "whose assertion alone is of another issuer",
      "another issuer",
      swap(/(<saml:Assertion [^>]*>)<saml:Issuer>[^<]*/, "$1<saml:Issuer>https://evil.example"),
    ],
    ["for another audience", "another audience", { audience: "https://other.example" }],
    [
      "with a second audience restriction that leaves us out",
      "another audience",
      swap(
        "</saml:AudienceRestriction>",
        "</saml:AudienceRestriction><saml:AudienceRestriction><saml:Audience>https://other.example</saml:Audience></saml:AudienceRestriction>",
      ),
    ],
    [
      "without an audience",
      "another audience",
      swap(/<saml:AudienceRestriction>.*<\/saml:AudienceRestriction>/, ""),
    ],
    ["without conditions", "no conditions", swap(/<saml:Conditions .*<\/saml:Conditions>/, "")],
    [
      "with a condition that nobody knows",
      "not known",
      swap("</saml:Conditions>", '<x:Only xmlns:x="urn:x"/></saml:Conditions>'),
    ],
    [
      "for another recipient",
      "another address",
      swap(/Recipient="[^"]*"/, 'Recipient="https://other.example/acs"'),
    ],
    ["without a recipient", "another address", swap(/ Recipient="[^"]*"/, "")],
    [
      "for another destination",
      "another address",
      swap(/Destination="[^"]*"/, 'Destination="https://other.example/acs"'),
    ],
    ["to another request", "no request", { requestId: "_another" }],
    [
      "whose assertion alone answers another request",
      "no request",
      swap(/(Recipient="[^"]*" )InResponseTo="[^"]*"/, '$1InResponseTo="_another"'),
    ],
    ["to no request: begun at the provider", "no request", swap(/ InResponseTo="[^"]*"/g, "")],
    ["that is not valid yet", "not valid yet", swap(/NotBefore="[^"]*"/, `NotBefore="${at(120_000)}"`)],
    [
      "that may be confirmed only later",
      "not valid yet",
      swap("<saml:SubjectConfirmationData ", `<saml:SubjectConfirmationData NotBefore="${at(120_000)}" `),
    ],
    [
      "whose conditions are over",
      "too old",
      swap(/(NotBefore="[^"]*" )NotOnOrAfter="[^"]*"/, `$1NotOnOrAfter="${at(-61_000)}"`),
    ],
    [
      "that was to be shown before",
      "too old",
      swap(/ConfirmationData NotOnOrAfter="[^"]*"/, `ConfirmationData NotOnOrAfter="${at(-61_000)}"`),
    ],
    ["without an end", "too old", swap(/ConfirmationData NotOnOrAfter="[^"]*"/, "ConfirmationData")],
    [
      "with an end that is no time",
      "too old",
      swap(/ConfirmationData NotOnOrAfter="[^"]*"/, 'ConfirmationData NotOnOrAfter="tomorrow"'),
    ],
    [
      "of a session that is over",
      "is over",
      swap("SessionIndex=", `SessionNotOnOrAfter="${at(0)}" SessionIndex=`),
    ],
    [
      "of a sign-in in the future",
      "in the future",
      swap(/AuthnInstant="[^"]*"/, `AuthnInstant="${at(3_600_000)}"`),
    ],
    [
      "without a sign-in",
      "when the person signed in",
      swap(/<saml:AuthnStatement.*<\/saml:AuthnStatement>/, ""),
    ],
    ["with a holder of a key in place of a bearer", "bearer", swap("cm:bearer", "cm:holder-of-key")],
    ["about nobody", "names nobody", swap(/<saml:NameID.*<\/saml:NameID>/, "")],
    ["about two", "names nobody", swap("<saml:NameID", "<saml:NameID>mallory</saml:NameID><saml:NameID")],
    [
      "about somebody new each time",
      "transient",
      { format: "urn:oasis:names:tc:SAML:2.0:nameid-format:transient" },
    ],
    ["of SAML 1.1", "not SAML 2.0", swap(/Version="2.0"/g, 'Version="1.1"')],
    [
      "with an attribute that is more than text",
      "more than text",
      swap(/<saml:AttributeValue[^>]*>eng/, "$&<x/>"),
    ],
    [
      "that says no",
      "Responder, AuthnFailed",
      swap(
        /<samlp:Status>.*<\/samlp:Status>/,
        '<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:AuthnFailed"/></samlp:StatusCode></samlp:Status>',
      ),
    ],
  ])("%s", async (_, reason, change) => {
    for (const signs of ["assertion", "both"] as const) {
      expect(await read(await made({ ...change, signs }))).toMatchObject({
        ok: false,
        error: expect.stringContaining(reason),
      });
    }
  });

  test.each<[string, string, (xml: string) => string]>([
    ["with a document type", "more than", (xml) => `<!DOCTYPE x [<!ENTITY e "x">]>${xml}`],
    ["with an entity", "more than", (xml) => `<!ENTITY e SYSTEM "file:///etc/passwd">${xml}`],
    ["with an entity that nobody declared", "well-formed", (xml) => xml.replace("alice@", "&who;@")],
    ["with a comment in the name", "more than", (xml) => xml.replace("alice@", "<!-- -->alice@")],
    [
      "with a processing instruction in the name",
      "more than",
      (xml) => xml.replace("alice@", "<?p alice?>@"),
    ],
    ["with CDATA", "more than", (xml) => xml.replace("alice@corp.example", "<![CDATA[alice@corp.example]]>")],
    ["whose name was changed", "digest", (xml) => xml.replaceAll("alice@", "admin@")],
    ["whose groups were changed", "digest", (xml) => xml.replace(">eng<", ">admins<")],
    [
      "whose signature was changed",
      "no key",
      (xml) => xml.replace(/(<ds:SignatureValue>)./, "$1A").replace(/(<ds:SignatureValue>.)./, "$1A"),
    ],
    ["with a reference to nothing", "another element", (xml) => xml.replace(/URI="#_a\w+"/, 'URI=""')],
    [
      "with two references",
      "one reference",
      (xml) => xml.replace(/<ds:Reference .*<\/ds:Reference>/s, "$&$&"),
    ],
    [
      "with a transform of its own",
      "transforms",
      (xml) =>
        xml.replace(
          "</ds:Transforms>",
          '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"/></ds:Transforms>',
        ),
    ],
    [
      "with comments in what is signed",
      "transforms",
      (xml) => xml.replace(/(<ds:Transform Algorithm="[^"]*exc-c14n#)"/, '$1WithComments"'),
    ],
    [
      "with a MAC in place of a signature",
      "does not count",
      (xml) =>
        xml.replace(
          /(SignatureMethod Algorithm=")[^"]*/,
          "$1http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
        ),
    ],
    [
      "with an object in the signature",
      "malformed",
      (xml) => xml.replace("</ds:Signature>", "<ds:Object>x</ds:Object></ds:Signature>"),
    ],
    ["with two signatures", "one signature", (xml) => xml.replace(SIGNATURE, "$&$&")],
    [
      "with an encrypted assertion",
      "encrypted",
      (xml) => xml.replace(ASSERTION, "<saml:EncryptedAssertion/>"),
    ],
    [
      "with an encrypted assertion beside the other",
      "encrypted",
      (xml) => xml.replace(ASSERTION, "$&<saml:EncryptedAssertion/>"),
    ],
    ["without an assertion", "no assertion", (xml) => xml.replace(ASSERTION, "")],
    ["that is an assertion alone", "no response", assertionOf],
    ["that is not closed", "well-formed", (xml) => xml.slice(0, -5)],
    ["that goes on after its end", "well-formed", (xml) => `${xml}<x/>`],
    [
      "with the same attribute twice",
      "well-formed",
      (xml) => xml.replace(' Version="2.0"', ' Version="2.0" Version="2.0"'),
    ],
    [
      "with the same ID twice",
      "same ID",
      (xml) => xml.replace("<samlp:Status>", `<samlp:Status ID="${/ ID="(_a\w+)"/.exec(xml)?.[1]}">`),
    ],
    [
      "that is nested without end",
      "too deeply",
      (xml) => xml.replace("<samlp:Status>", `<samlp:Status>${"<x>".repeat(5_000)}${"</x>".repeat(5_000)}`),
    ],
    ["that is nothing", "well-formed", () => ""],
    ["that is large", "too large", (xml) => xml + " ".repeat(400_000)],
  ])("%s", async (_, reason, change) => {
    expect(await read(change(await made()))).toMatchObject({
      ok: false,
      error: expect.stringContaining(reason),
    });
  });
});

test("a SAML response whose digest fits is refused when the signature is of another text", async () => {
  const value = /<ds:SignatureValue>[^<]*/;
  const [ours, theirs] = [await made(), await made({ key: other, nameId: "admin@corp.example" })];
  const forged = theirs.replace(value, () => value.exec(ours)?.[0] ?? "");
  expect(await read(forged)).toEqual({ ok: false, error: "no key of the provider made the signature" });
});
