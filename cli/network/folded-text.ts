import { type Document, isScalar, type Node, Scalar, visit } from "yaml";

/** A line comment of Cedar; `://` is none. */
const COMMENT = /(?:^|[^:])\/\//;
const ON_ONE_LINE = new Set<unknown>([Scalar.PLAIN, Scalar.QUOTE_DOUBLE, Scalar.QUOTE_SINGLE]);

/**
 * Texts of several lines that YAML makes one of (`>`, or quotes over several lines), and that hold a comment: whatever
 * stands under the comment would become a part of it, a `forbid` too.
 */
export function foldedComments(document: Document, text: string): Node[] {
  const found: Node[] = [];
  visit(document, {
    Scalar: (_, node) => {
      if (isScalar(node) && isFolded(node, text) && COMMENT.test(String(node.value))) found.push(node);
    },
  });
  return found;
}

function isFolded({ type, range }: Scalar, text: string): boolean {
  if (type === Scalar.BLOCK_FOLDED) return true;
  return ON_ONE_LINE.has(type) && text.slice(range?.[0], range?.[1]).includes("\n");
}
