/** Text of any origin inside HTML or XML, between tags or in a quoted attribute. */

const CODES: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** The text with all that markup could obey as entities. What XML has no place for must be escaped before: `escapeText`. */
export function escapeMarkup(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => CODES[character]!).replaceAll(/[\ufffe\uffff]/g, '\ufffd')
}
