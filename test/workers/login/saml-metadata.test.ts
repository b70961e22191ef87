import { afterEach, expect, test, vi } from "vitest";
import type { ProviderSettings } from "../../../workers/sign-in/providers.ts";
import { mayAskAnew, metadataOf } from "../../../workers/sign-in/saml/idp.ts";
import { bindings } from "./silent-provider.ts";

const MINUTE = 60_000;
const metadataWith = (certificate: string) =>
  `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="urn:idp"><IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><KeyDescriptor><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>${certificate}</X509Certificate></X509Data></KeyInfo></KeyDescriptor><SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example/sso"/></IDPSSODescriptor></EntityDescriptor>`;

const settings = (name: string) =>
  ({
    kind: "saml",
    issuer: "urn:idp",
    metadata: "",
    metadataUrl: `https://${name}.example/metadata`,
  }) as ProviderSettings;

function at(certificate: string): void {
  vi.stubGlobal("fetch", async () => new Response(metadataWith(certificate)));
}
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a certificate that the provider withdrew is known no more after ten minutes, however often it was used", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const provider = settings("withdrawn");
  at("OLD");
  for (let minute = 0; minute < 9; minute += 2) {
    expect((await metadataOf(bindings, provider)).certificates).toEqual(["OLD"]);
    at("NEW");
    vi.advanceTimersByTime(2 * MINUTE);
  }
  expect((await metadataOf(bindings, provider)).certificates).toEqual(["NEW"]);
});

test("metadata are asked for anew once a minute at most, and never where they were pasted", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const provider = settings("anew");
  at("OLD");
  await metadataOf(bindings, provider);
  at("NEW");
  expect((await metadataOf(bindings, provider, mayAskAnew(provider))).certificates).toEqual(["NEW"]);
  expect(mayAskAnew(provider)).toBe(false);
  vi.advanceTimersByTime(MINUTE);
  expect(mayAskAnew(provider)).toBe(true);
  expect(mayAskAnew({ ...provider, metadataUrl: null })).toBe(false);
});
