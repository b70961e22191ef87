import { useState } from "react";

interface CopyText {
  /** What the text is, for the button. */
  readonly label: string;
  readonly text: string;
}

/** A text that is taken elsewhere, with a button that copies it. */
export function CopyText({ label, text }: CopyText) {
  const [copied, setCopied] = useState<"no" | "yes" | "failed">("no");
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setCopied("yes"),
      () => setCopied("failed"),
    );
  return (
    <div className="copy-text">
      <code>{text}</code>
      <button type="button" className="button plain small" onClick={copy}>
        Copy the {label}
      </button>
      <span role="status">
        {copied === "yes" && "Copied"}
        {copied === "failed" && "The browser does not let it be copied: select it"}
      </span>
    </div>
  );
}
