import { type Element, escapeAttribute, escapeText } from "./xml.ts";

const XMLNS = "http://www.w3.org/2000/xmlns/";
const ELEMENT = 1;
const TEXT = 3;

/** URIs by prefix; the default namespace has the prefix "". */
type Namespaces = ReadonlyMap<string, string>;

/**
 * Exclusive XML Canonicalization 1.0 of an element without comments, as `parseXml` returns it. A mistake in
 * this function can only cause a refusal, because the trusted content is read from the text that this
 * function returns (`signature.ts`).
 *
 * @param inclusive Prefixes that are rendered if they are in scope, even if they are not used
 *   (`InclusiveNamespaces`).
 * @param without This element is left out with its content: an enveloped signature.
 */
export function canonical(
  element: Element,
  inclusive: readonly string[] = [],
  without: Element | null = null,
): string {
  return render(element, { inclusive, without }, scopeAbove(element), new Map([["", ""]]));
}

interface Wish {
  readonly inclusive: readonly string[];
  readonly without: Element | null;
}

function render(element: Element, wish: Wish, above: Namespaces, rendered: Namespaces): string {
  const scope = withDeclared(above, element);
  const attributes = [...element.attributes].filter(({ namespaceURI }) => namespaceURI !== XMLNS);
  const used = [element.prefix ?? "", ...attributes.flatMap(({ prefix }) => prefix || [])];
  const wanted = new Set([...used, ...wish.inclusive.filter((prefix) => scope.has(prefix))]);
  const fresh = [...wanted]
    .filter((prefix) => prefix !== "xml")
    .map((prefix) => [prefix, scope.get(prefix) ?? ""] as const)
    .filter(([prefix, uri]) => rendered.get(prefix) !== uri)
    .sort(([a], [b]) => compare(a, b));
  const namespaces = fresh.map(
    ([prefix, uri]) => ` xmlns${prefix === "" ? "" : `:${prefix}`}="${escapeAttribute(uri)}"`,
  );
  const others = attributes
    .sort((a, b) => compare(a.namespaceURI ?? "", b.namespaceURI ?? "") || compare(localOf(a), localOf(b)))
    .map(({ name, value }) => ` ${name}="${escapeAttribute(value)}"`);
  const now = new Map([...rendered, ...fresh]);
  let content = "";
  for (let node = element.firstChild; node; node = node.nextSibling) {
    if (node.nodeType === TEXT) content += escapeText(node.nodeValue ?? "");
    else if (node.nodeType === ELEMENT && node !== wish.without)
      content += render(node as Element, wish, scope, now);
  }
  return `<${element.tagName}${namespaces.join("")}${others.join("")}>${content}</${element.tagName}>`;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const localOf = ({ localName, name }: { localName: string | null; name: string }): string =>
  localName ?? name;

/** The namespaces that the surrounding elements declare. */
function scopeAbove(element: Element): Namespaces {
  const around: Element[] = [];
  for (let node = element.parentNode; node?.nodeType === ELEMENT; node = node.parentNode) {
    around.unshift(node as Element);
  }
  return around.reduce(withDeclared, new Map<string, string>());
}

function withDeclared(scope: Namespaces, element: Element): Namespaces {
  const declared = [...element.attributes].filter(({ namespaceURI }) => namespaceURI === XMLNS);
  if (declared.length === 0) return scope;
  return new Map([
    ...scope,
    ...declared.map(({ prefix, localName, value }) => [prefix ? (localName ?? "") : "", value] as const),
  ]);
}
