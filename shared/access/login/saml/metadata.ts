import { err, ok, type Result } from "../../../base/result.ts";
import { allNamed, type Element, NS, namedChildren, onlyChild, parseXml, textOf } from "./xml.ts";

/** The parts of a provider's metadata that are used (SAML Metadata §2.4.3). */
export interface IdpMetadata {
  readonly entityId: string;
  /** Browsers are sent to this address. */
  readonly signInUrl: string;
  /** X.509 certificates in Base64. While a provider changes its key, there are two. */
  readonly certificates: readonly string[];
  readonly wantsSignedRequests: boolean;
}

const REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
const MAX_CERTIFICATES = 10;

/**
 * Reads a provider's metadata, also from a collection with several providers. The caller decides whether to
 * trust the metadata.
 */
export function readIdpMetadata(text: string, entityId: string): Result<IdpMetadata, string> {
  const parsed = parseXml(text, { comments: true });
  if (!parsed.ok) return parsed;
  const entities = allNamed(parsed.value, NS.metadata, "EntityDescriptor");
  if (entities.length === 0) return err("these are not the metadata of a SAML provider");
  const own = entities.filter((entity) => entity.getAttribute("entityID") === entityId);
  const [entity] = own;
  if (!entity || own.length > 1) {
    const others = entities.flatMap((each) => each.getAttribute("entityID") ?? []).slice(0, 3);
    return err(`the metadata are of ${others.join(", ")}, not of ${entityId}: correct the issuer`);
  }
  const role = onlyChild(entity, NS.metadata, "IDPSSODescriptor");
  if (!role) return err("the metadata describe no identity provider");
  const signInUrl = namedChildren(role, NS.metadata, "SingleSignOnService")
    .find((service) => service.getAttribute("Binding") === REDIRECT)
    ?.getAttribute("Location");
  if (!signInUrl || !URL.canParse(signInUrl)) return err("the metadata name no address for HTTP-Redirect");
  const certificates = namedChildren(role, NS.metadata, "KeyDescriptor")
    .filter((key) => (key.getAttribute("use") ?? "signing") === "signing")
    .flatMap(certificatesOf);
  if (certificates.length === 0) return err("the metadata hold no certificate for signatures");
  return ok({
    entityId,
    signInUrl,
    certificates: [...new Set(certificates)].slice(0, MAX_CERTIFICATES),
    wantsSignedRequests: role.getAttribute("WantAuthnRequestsSigned") === "true",
  });
}

const certificatesOf = (key: Element): string[] =>
  allNamed(key, NS.signature, "X509Certificate").flatMap((each) => textOf(each)?.replace(/\s/g, "") || []);
