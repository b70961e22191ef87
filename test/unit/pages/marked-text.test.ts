import { expect, test } from "vitest";
import { markedText } from "../../../workers/pages/marked-text.ts";

const marked = (text: string) => markedText(text).text;

test("paragraphs, lists, bold words and links are shown as such", () => {
  expect(marked("Ask **Ann**\nor see [the wiki](https://wiki.example/a?b=1).\n\n- one\n- two")).toBe(
    '<p>Ask <strong>Ann</strong> or see <a href="https://wiki.example/a?b=1" rel="noopener noreferrer">the wiki</a>.</p>' +
      "<ul><li>one</li><li>two</li></ul>",
  );
  expect(marked("")).toBe("");
});

test.each([
  "<script>alert(1)</script>",
  "[x](javascript:alert(1))",
  "[x](data:text/html,hi)",
  '[x](https://a.example/"onmouseover="alert(1))',
  "[<img src=x onerror=alert(1)>](https://a.example/)",
  "**<b onclick=x>**",
  "![x](https://a.example/x.png)",
  "[x](//evil.example)",
])("%s brings in no markup of its own", (text) => {
  const shown = marked(text).replace(
    /<\/?(?:p|strong|ul|li)>|<a href="https:\/\/[^"<>]*" rel="noopener noreferrer">|<\/a>/g,
    "",
  );
  expect(shown).not.toMatch(/[<>"]/);
  expect(shown).not.toMatch(/^javascript:/);
});
