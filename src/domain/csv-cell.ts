/** Text as a cell of a CSV that people open in a spreadsheet: no text of others ever becomes a formula there (OWASP, CSV injection). */

/** The full-width signs start one, too, where spreadsheets are set to Chinese or Japanese. */
const STARTS_FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

/** NUL dropped; a leading quote before what a spreadsheet would run; quoted where it holds a comma, a quote or a line break. */
export function csvText(text: string): string {
  const clean = text.replaceAll('\u0000', '');
  const safe = STARTS_FORMULA.test(clean) ? `'${clean}` : clean;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
