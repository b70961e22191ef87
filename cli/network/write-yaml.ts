import { Document, isScalar, parse, Scalar, visit } from "yaml";

/** What no block can carry as it stands: controls, and the characters that some readers take for the end of a line. */
const UNSEEN = /[^\P{Cc}\t\n]|[\u2028\u2029\ufeff]/u;
/** Nothing is ever wrapped: to fold a text is to change it in the hands of the next one who edits it. */
const STYLE = { lineWidth: 0, doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER };

/**
 * Plain data as YAML that reads back to the same, byte by byte. Text of several lines stands as it is in a literal block;
 * where a block can't hold it (CRLF, control characters) it stands in quotes on one line.
 *
 * @param comment Stands above it, each line behind `#`.
 */
export function writeYaml(data: unknown, comment: string): string {
  const document = new Document(data, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (_, node) => {
      if (isScalar(node) && typeof node.value === "string") setStyle(node as Scalar<string>);
    },
  });
  document.commentBefore = comment
    .split("\n")
    .map((line) => (line ? ` ${line}` : ""))
    .join("\n");
  return document.toString(STYLE);
}

function setStyle(node: Scalar<string>): void {
  if (UNSEEN.test(node.value)) node.type = Scalar.QUOTE_DOUBLE;
  else if (node.value.includes("\n"))
    node.type = survives(node.value) ? Scalar.BLOCK_LITERAL : Scalar.QUOTE_DOUBLE;
}

/** Whether a literal block gives the text back. */
function survives(value: string): boolean {
  const text = new Scalar(value);
  text.type = Scalar.BLOCK_LITERAL;
  return (parse(new Document({ text }).toString(STYLE)) as { text: unknown }).text === value;
}
