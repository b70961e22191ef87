import { DOMParser, type Element } from "@xmldom/xmldom";
import { err, ok, type Result } from "../../../base/result.ts";

export type { Element } from "@xmldom/xmldom";

export const NS = {
  protocol: "urn:oasis:names:tc:SAML:2.0:protocol",
  assertion: "urn:oasis:names:tc:SAML:2.0:assertion",
  metadata: "urn:oasis:names:tc:SAML:2.0:metadata",
  signature: "http://www.w3.org/2000/09/xmldsig#",
  exclusive: "http://www.w3.org/2001/10/xml-exc-c14n#",
} as const;

const MAX_CHARS = 400_000;
const MAX_DEPTH = 64;
const ELEMENT = 1;

/**
 * Parses XML from an untrusted source. The XML must contain nothing that two readers may understand
 * differently: no document type, entities, CDATA or processing instructions. Everything that the parser
 * reports is an error.
 *
 * @param comments Whether comments are allowed. They must not be allowed in text that is trusted.
 */
export function parseXml(
  text: string,
  { comments = false }: { readonly comments?: boolean } = {},
): Result<Element, string> {
  if (text.length > MAX_CHARS) return err("the XML is too large");
  const body = text.replace(/^\ufeff?<\?xml\s[^?>]*\?>/, "");
  const refused = comments ? /<!(?!--)|<\?/ : /<[!?]/;
  if (refused.test(body)) return err("the XML holds more than elements and text");
  let root: Element | null;
  try {
    root = parser().parseFromString(body.trim(), "text/xml").documentElement;
  } catch {
    return err("the XML is not well-formed");
  }
  if (!root) return err("the XML is empty");
  return isTooDeep(root) ? err("the XML is nested too deeply") : ok(root);
}

const parser = () =>
  new DOMParser({
    onError: (level, message) => {
      throw new Error(`${level}: ${message}`);
    },
  });

function isTooDeep(root: Element): boolean {
  let level = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return true;
    level = level.flatMap(childrenOf);
  }
  return false;
}

/** The direct child elements. */
export function childrenOf(element: Element): Element[] {
  const found: Element[] = [];
  for (let node = element.firstChild; node; node = node.nextSibling) {
    if (node.nodeType === ELEMENT) found.push(node as Element);
  }
  return found;
}

export const isNamed = (element: Element, namespace: string, name: string): boolean =>
  element.namespaceURI === namespace && element.localName === name;

/** The direct child elements with this name. */
export const namedChildren = (element: Element, namespace: string, name: string): Element[] =>
  childrenOf(element).filter((child) => isNamed(child, namespace, name));

/** The only direct child element with this name. Null if there is none, or more than one. */
export function onlyChild(element: Element, namespace: string, name: string): Element | null {
  const [only, ...others] = namedChildren(element, namespace, name);
  return others.length === 0 ? (only ?? null) : null;
}

/** The element and all elements below it, at any depth, that have this name. */
export const allNamed = (root: Element, namespace: string, name: string): Element[] => [
  ...(isNamed(root, namespace, name) ? [root] : []),
  ...childrenOf(root).flatMap((child) => allNamed(child, namespace, name)),
];

/**
 * The text of an element that contains only text, without the white space around the text. Null for any other
 * element.
 */
export function textOf(element: Element | null): string | null {
  if (!element || childrenOf(element).length > 0) return null;
  return (element.textContent ?? "").trim();
}

/** Escapes text for an attribute in double quotes. */
export const escapeAttribute = (text: string): string =>
  text.replace(/[&<"\t\n\r]/g, (char) => ATTRIBUTE_ESCAPES[char] ?? "");

/** Escapes text between tags. */
export const escapeText = (text: string): string =>
  text.replace(/[&<>\r]/g, (char) => TEXT_ESCAPES[char] ?? "");

const ATTRIBUTE_ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  '"': "&quot;",
  "\t": "&#x9;",
  "\n": "&#xA;",
  "\r": "&#xD;",
};
const TEXT_ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  "\r": "&#xD;",
};
