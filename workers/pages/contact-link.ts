import { Html, html, safeUrl } from "./html.ts";

/**
 * Whom to ask: an e-mail address, a URL, or words.
 * @param mail What a mail to the address begins with.
 */
export function contactLink(
  contact: string,
  mail: { readonly subject: string; readonly body: string },
): Html {
  if (/^[^\s@<>"']{1,64}@[A-Za-z0-9.-]{1,190}$/.test(contact)) {
    const query = `subject=${encodeURIComponent(mail.subject)}&body=${encodeURIComponent(mail.body)}`;
    return new Html(html`<a href="mailto:${encodeURIComponent(contact)}?${query}">${contact}</a>`.text);
  }
  return /^https?:\/\//.test(contact)
    ? html`<a href="${safeUrl(contact)}"><bdi>${contact}</bdi></a>`
    : html`<bdi>${contact}</bdi>`;
}
