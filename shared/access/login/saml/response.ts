import { err, ok, type Result } from "../../../base/result.ts";
import { readAssertion, type SamlIdentity } from "./assertion.ts";
import { type IsSigned, signedText } from "./signature.ts";
import { allNamed, type Element, isNamed, NS, namedChildren, onlyChild, parseXml, textOf } from "./xml.ts";

/** What an answer must match. */
export interface ExpectedResponse {
  /** The provider's entity id. */
  readonly issuer: string;
  /** Our entity id. */
  readonly audience: string;
  /** Answers are posted to this address. */
  readonly recipient: string;
  /** The ID of our request. An answer without a request is refused. */
  readonly requestId: string;
}

const SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success";

/**
 * Reads a `Response` (SAML Core §3.3.3, Profiles §4.1.4) with one signed assertion. All trusted facts are
 * read from the signed text. The rest of the response can only cause a refusal.
 *
 * @param now Milliseconds since the Unix epoch.
 * @returns What the assertion says. If something is wrong, one line about it for the audit log.
 */
export async function readResponse(
  text: string,
  expected: ExpectedResponse,
  isSigned: IsSigned,
  now: number,
): Promise<Result<SamlIdentity, string>> {
  const parsed = parseXml(text);
  if (!parsed.ok) return parsed;
  const shape = shapeOf(parsed.value);
  if (!shape.ok) return shape;
  const { root, assertion } = shape.value;
  const [outer, inner] = [await signedPart(root, isSigned), await signedPart(assertion, isSigned)];
  if (!outer.ok) return outer;
  if (!inner.ok) return inner;
  if (!outer.value && !inner.value) return err("neither the response nor its assertion is signed");
  const fault = responseFault(outer.value ?? root, expected, outer.value !== null);
  if (fault !== null) return err(fault);
  const believed = inner.value ?? (outer.value && onlyChild(outer.value, NS.assertion, "Assertion"));
  return believed ? readAssertion(believed, expected, now) : err("there is not one assertion");
}

/** The response and its one assertion. An error if any element is in an unexpected place. */
function shapeOf(root: Element): Result<{ readonly root: Element; readonly assertion: Element }, string> {
  if (!isNamed(root, NS.protocol, "Response")) return err("it is no response");
  if (allNamed(root, NS.assertion, "EncryptedAssertion").length > 0) {
    return err("the assertion is encrypted, which is not supported: switch encryption off at the provider");
  }
  const assertions = allNamed(root, NS.assertion, "Assertion");
  const assertion = onlyChild(root, NS.assertion, "Assertion");
  if (assertions.length === 0) return err(statusFault(root) ?? "there is no assertion");
  if (!assertion || assertions.length > 1) return err("there is not one assertion");
  const ofSignatures = [root, assertion].flatMap((part) => namedChildren(part, NS.signature, "Signature"));
  if (allNamed(root, NS.signature, "Signature").length > ofSignatures.length) {
    return err("a signature is where none belongs");
  }
  const ids = [...allIds(root)];
  return new Set(ids).size === ids.length ? ok({ root, assertion }) : err("two elements have the same ID");
}

function* allIds(element: Element): Iterable<string> {
  for (const { name, value } of [...element.attributes]) if (/^id$/i.test(name)) yield value;
  for (let node = element.firstChild; node; node = node.nextSibling) {
    if (node.nodeType === 1) yield* allIds(node as Element);
  }
}

/** The part, parsed again from its signed text. Null if the part has no signature. */
async function signedPart(part: Element, isSigned: IsSigned): Promise<Result<Element | null, string>> {
  if (namedChildren(part, NS.signature, "Signature").length === 0) return ok(null);
  const signed = await signedText(part, isSigned);
  return signed.ok ? parseXml(signed.value) : signed;
}

function responseFault(response: Element, expected: ExpectedResponse, isSigned: boolean): string | null {
  if (response.getAttribute("Version") !== "2.0") return "it is not SAML 2.0";
  const destination = response.getAttribute("Destination");
  // SAML Bindings §3.5.5.2: a signed message must name its destination.
  if (destination === null ? isSigned : destination !== expected.recipient) {
    return "the response is for another address";
  }
  if (response.getAttribute("InResponseTo") !== expected.requestId)
    return "it answers no request of this sign-in";
  const issuer = onlyChild(response, NS.assertion, "Issuer");
  if (issuer && textOf(issuer) !== expected.issuer) return "the response is of another issuer";
  return statusFault(response);
}

/** Why the provider refused. The provider's own words are used as far as they are plain text. */
function statusFault(response: Element): string | null {
  const status = onlyChild(response, NS.protocol, "Status");
  const code = status && onlyChild(status, NS.protocol, "StatusCode");
  if (!code) return "the response has no status";
  if (code.getAttribute("Value") === SUCCESS) return null;
  const values = [code, ...namedChildren(code, NS.protocol, "StatusCode")].map(
    (each) => each.getAttribute("Value")?.split(":").at(-1) ?? "",
  );
  const words = values.filter((value) => /^[A-Za-z]{1,60}$/.test(value));
  return `the provider refused: ${words.join(", ") || "unknown"}`;
}
