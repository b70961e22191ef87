import { describe, expect, test } from "vitest";
import { ASSERTION, assertionOf, evil, made, other, read, SIGNATURE, signatureOf } from "./made-response.ts";

/** Somorovsky et al., On Breaking SAML (USENIX Security 2012): eight ways to move what is signed out of sight. */
describe("signature wrapping is refused", () => {
  const inSignature = (signature: string, what: string) =>
    signature.replace("</ds:Signature>", `${what}</ds:Signature>`);
  const inObject = (signature: string, what: string) =>
    inSignature(signature, `<ds:Object>${what}</ds:Object>`);
  const withAssertion = (xml: string, assertion: string) => xml.replace(ASSERTION, () => assertion);
  const bare = (xml: string) => xml.replace(SIGNATURE, "");
  const open = (assertion: string) => /^<saml:Assertion [^>]*>/.exec(assertion)?.[0] ?? "";
  /** `content` right behind the assertion's issuer. */
  const behindIssuer = (assertion: string, content: string) =>
    assertion.replace("</saml:Issuer>", () => `</saml:Issuer>${content}`);

  const ofResponse: [string, (xml: string) => string][] = [
    [
      "XSW1: the response in the signature of another",
      (xml) =>
        evil(xml)
          .replace(/ ID="_r\w+"/, ' ID="_evilr"')
          .replace("<samlp:Status>", () => `${inSignature(signatureOf(xml), bare(xml))}<samlp:Status>`),
    ],
    [
      "XSW2: the response before the signature of another",
      (xml) =>
        evil(xml)
          .replace(/ ID="_r\w+"/, ' ID="_evilr"')
          .replace("<samlp:Status>", () => `${bare(xml)}${signatureOf(xml)}<samlp:Status>`),
    ],
  ];
  const ofAssertion: [string, (xml: string) => string][] = [
    [
      "XSW3: another assertion before it",
      (xml) => withAssertion(xml, evil(assertionOf(xml)) + assertionOf(xml)),
    ],
    [
      "XSW3, mirrored: another assertion behind it",
      (xml) => withAssertion(xml, assertionOf(xml) + evil(assertionOf(xml))),
    ],
    [
      "XSW4: it is in another assertion",
      (xml) =>
        withAssertion(
          xml,
          evil(assertionOf(xml)).replace("</saml:Assertion>", () => `${assertionOf(xml)}</saml:Assertion>`),
        ),
    ],
    [
      "XSW5: another has its signature, it is at the end",
      (xml) =>
        withAssertion(xml, behindIssuer(evil(assertionOf(xml)), signatureOf(xml)) + bare(assertionOf(xml))),
    ],
    [
      "XSW6: another has its signature, it is in that",
      (xml) =>
        withAssertion(
          xml,
          behindIssuer(evil(assertionOf(xml)), inSignature(signatureOf(xml), bare(assertionOf(xml)))),
        ),
    ],
    [
      "XSW7: another is in the extensions",
      (xml) =>
        xml.replace(
          "<samlp:Status>",
          () => `<samlp:Extensions>${evil(assertionOf(xml))}</samlp:Extensions><samlp:Status>`,
        ),
    ],
    [
      "XSW7, turned: it is in the extensions, another in its place",
      (xml) =>
        withAssertion(xml, evil(assertionOf(xml))).replace(
          "<samlp:Status>",
          () => `<samlp:Extensions>${assertionOf(xml)}</samlp:Extensions><samlp:Status>`,
        ),
    ],
    [
      "XSW8: it is in an object of the signature of another",
      (xml) =>
        withAssertion(
          xml,
          behindIssuer(evil(assertionOf(xml)), inObject(signatureOf(xml), bare(assertionOf(xml)))),
        ),
    ],
    [
      "another in its place, under its ID",
      (xml) =>
        withAssertion(
          xml,
          evil(assertionOf(xml))
            .replace(' ID="_evil"', () => ` ID="${/ ID="(_a\w+)"/.exec(xml)?.[1]}"`)
            .replace("</saml:Issuer>", () => `</saml:Issuer>${signatureOf(xml)}`),
        ),
    ],
    [
      "a subject beside its own",
      (xml) =>
        xml.replace(
          "<saml:Subject>",
          "<saml:Subject><saml:NameID>admin@corp.example</saml:NameID></saml:Subject><saml:Subject>",
        ),
    ],
    [
      "the signature is the response's, the response is not what it signs",
      (xml) =>
        withAssertion(
          xml,
          `${open(assertionOf(xml))}${evil(assertionOf(xml)).slice(open(evil(assertionOf(xml))).length)}`,
        ).replace("<samlp:Status>", () => `${signatureOf(xml)}<samlp:Status>`),
    ],
  ];

  test.each(ofResponse)("%s", async (_, wrap) => {
    const xml = wrap(await made({ signs: "response" }));
    expect(xml).toContain("admin@corp.example");
    expect((await read(xml)).ok).toBe(false);
  });

  test.each(ofAssertion)("%s", async (_, wrap) => {
    const xml = wrap(await made());
    expect(xml).toContain("admin@corp.example");
    expect((await read(xml)).ok).toBe(false);
  });

  test("an assertion that somebody else signed, in an unsigned response beside the provider's", async () => {
    const [ours, theirs] = [await made(), await made({ key: other, nameId: "admin@corp.example" })];
    expect((await read(withAssertion(ours, assertionOf(theirs)))).ok).toBe(false);
    expect((await read(withAssertion(ours, assertionOf(theirs) + assertionOf(ours)))).ok).toBe(false);
  });

  test("a signed response around an assertion with a signature of somebody else", async () => {
    const edit = (xml: string) => xml.replace("</samlp:Status>", "</samlp:Status>");
    const [outer, inner] = [await made({ signs: "response", edit }), await made({ key: other })];
    const signed = outer.replace(/<saml:Assertion (.*?)<saml:Subject>/s, (all) =>
      all.replace("<saml:Subject>", () => `${signatureOf(inner)}<saml:Subject>`),
    );
    expect((await read(signed)).ok).toBe(false);
  });
});
