import { sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import { fromBase64 } from "../../../base/base64.ts";
import { err, ok, type Result } from "../../../base/result.ts";
import { canonical } from "./canonical.ts";
import { childrenOf, type Element, isNamed, NS, namedChildren, textOf } from "./xml.ts";

/** The accepted signature algorithms, by their URIs in RFC 9231. No algorithm uses SHA-1 or a shared secret. */
export const SIGNATURE_ALGORITHMS = {
  "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256": "RS256",
  "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384": "RS384",
  "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512": "RS512",
  "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256": "ES256",
} as const;
export type SamlAlgorithm = (typeof SIGNATURE_ALGORITHMS)[keyof typeof SIGNATURE_ALGORITHMS];

const DIGESTS: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
  "http://www.w3.org/2001/04/xmlenc#sha256": sha256,
  "http://www.w3.org/2001/04/xmldsig-more#sha384": sha384,
  "http://www.w3.org/2001/04/xmlenc#sha512": sha512,
};
const ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

/**
 * The error of `signedText` if the signature is well-formed but none of the keys made it. The provider may
 * have a new key.
 */
export const NO_KEY = "no key of the provider made the signature";

/** Whether one of the provider's keys made this signature. */
export type IsSigned = (
  algorithm: SamlAlgorithm,
  signed: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
) => Promise<boolean>;

/**
 * Verifies the enveloped signature of an element, in the only form that SAML allows (SAML Core §5.4): one
 * reference, by ID, to the element that contains the signature.
 *
 * @returns Exactly the text that was signed. Trust only what is read from this text. Elements around it, or
 *   elements that were moved, are not in this text, so signature wrapping is impossible.
 */
export async function signedText(element: Element, isSigned: IsSigned): Promise<Result<string, string>> {
  const [signature, ...others] = namedChildren(element, NS.signature, "Signature");
  if (!signature || others.length > 0) return err("there is not one signature");
  const parts = partsOf(signature);
  if (!parts.ok) return parts;
  const { info, value, digest, digestValue, inclusive, infoInclusive, algorithm, uri } = parts.value;
  const id = element.getAttribute("ID") ?? "";
  if (id === "" || uri !== `#${id}`) return err("the signature is of another element");
  const text = canonical(element, inclusive, signature);
  if (!text.isWellFormed()) return err("the XML holds half a character");
  if (!isSame(digest(encode(text)), digestValue)) return err("the digest does not fit");
  const isRight = await isSigned(algorithm, encode(canonical(info, infoInclusive)), value);
  return isRight ? ok(text) : err(NO_KEY);
}

function partsOf(signature: Element) {
  const [info, value, keyInfo, ...rest] = childrenOf(signature);
  const isShaped =
    info !== undefined &&
    isNamed(info, NS.signature, "SignedInfo") &&
    value !== undefined &&
    isNamed(value, NS.signature, "SignatureValue") &&
    (keyInfo === undefined || isNamed(keyInfo, NS.signature, "KeyInfo")) &&
    rest.length === 0;
  if (!isShaped) return err("the signature is malformed");
  const [method, signatureMethod, reference, ...more] = childrenOf(info);
  const infoInclusive = method && canonicalizationOf(method, "CanonicalizationMethod");
  if (!infoInclusive) return err("the canonicalization is not exclusive");
  const algorithm = find(SIGNATURE_ALGORITHMS, algorithmOf(signatureMethod, "SignatureMethod"));
  if (!algorithm) return err("the signature is by an algorithm that does not count");
  if (!reference || more.length > 0 || !isNamed(reference, NS.signature, "Reference")) {
    return err("the signature has not one reference");
  }
  const [transforms, digestMethod, digestValue, ...others] = childrenOf(reference);
  const inclusive = transforms && transformsOf(transforms);
  if (!inclusive) return err("the signature has other transforms than the two of SAML");
  const digest = find(DIGESTS, algorithmOf(digestMethod, "DigestMethod"));
  if (!digest) return err("the digest is by an algorithm that does not count");
  const isDigest = digestValue !== undefined && isNamed(digestValue, NS.signature, "DigestValue");
  const [bytes, expected] = [bytesOf(value), isDigest ? bytesOf(digestValue) : null];
  if (!bytes || !expected || others.length > 0) return err("the signature is malformed");
  const uri = reference.getAttribute("URI") ?? "";
  return ok({ info, value: bytes, digest, digestValue: expected, inclusive, infoInclusive, algorithm, uri });
}

/**
 * The inclusive prefixes of a canonicalization. Null if the algorithm is not the exclusive canonicalization
 * without comments.
 */
function canonicalizationOf(element: Element, name: string): string[] | null {
  if (algorithmOf(element, name) !== NS.exclusive) return null;
  const [namespaces, ...others] = childrenOf(element);
  if (!namespaces) return [];
  if (others.length > 0 || !isNamed(namespaces, NS.exclusive, "InclusiveNamespaces")) return null;
  const list = (namespaces.getAttribute("PrefixList") ?? "").split(/\s+/).filter((prefix) => prefix !== "");
  return list.map((prefix) => (prefix === "#default" ? "" : prefix));
}

function transformsOf(element: Element): string[] | null {
  const [enveloped, exclusive, ...others] = childrenOf(element);
  const isShaped = isNamed(element, NS.signature, "Transforms") && exclusive && others.length === 0;
  if (!isShaped || algorithmOf(enveloped, "Transform") !== ENVELOPED) return null;
  return canonicalizationOf(exclusive, "Transform");
}

const algorithmOf = (element: Element | undefined, name: string): string =>
  element && isNamed(element, NS.signature, name) ? (element.getAttribute("Algorithm") ?? "") : "";

const find = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;

const bytesOf = (element: Element): Uint8Array<ArrayBuffer> | null => {
  const text = textOf(element);
  return text === null ? null : fromBase64(text.replace(/\s/g, ""));
};

const encode = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(new TextEncoder().encode(text));

const isSame = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);
