/** Dates and times as a file writes them, by a form such as 'yyyy-MM-dd HH:mm:ss', 'dd/MM/yyyy' or 'yyyyMMdd'. */

const TOKENS: Readonly<Record<string, string>> = {
  yyyy: '(?<y>\\d{4})',
  MM: '(?<M>\\d{2})',
  dd: '(?<d>\\d{2})',
  HH: '(?<H>\\d{2})',
  mm: '(?<m>\\d{2})',
  ss: '(?<s>\\d{2})',
};

const SYNTAX = /[\^$\\.*+?()[\]{}|/]/;

export type DateParts = Readonly<{ date: string | null; time: string | null }>;

/** Makes a reader of one form: 'YYYY-MM-DD' and 'HH:mm:ss' of a text, each null where the form has none; null when the text is not so. */
export function dateForm(form: string): (text: string) => DateParts | null {
  const pattern = form.replace(/yyyy|MM|dd|HH|mm|ss|[^A-Za-z0-9\s]/g, (part) => TOKENS[part] ?? (SYNTAX.test(part) ? `\\${part}` : part));
  const test = new RegExp(`^${pattern}$`, 'u');
  return (text) => {
    const parts = test.exec(text)?.groups;
    if (!parts) return null;
    const date = parts.y && parts.M && parts.d ? `${parts.y}-${parts.M}-${parts.d}` : null;
    const time = parts.H && parts.m ? `${parts.H}:${parts.m}:${parts.s ?? '00'}` : null;
    return { date, time };
  };
}

/** What is wrong with a form, or null. */
export function faultOfForm(form: string, needs: 'date' | 'time'): string | null {
  const letters = form.replace(/yyyy|MM|dd|HH|mm|ss/g, '');
  if (/[A-Za-z0-9\\]/.test(letters)) return 'is made of yyyy MM dd HH mm ss and what stands between them';
  const parts = needs === 'date' ? ['yyyy', 'MM', 'dd'] : ['HH', 'mm'];
  const missing = parts.filter((part) => form.split(part).length !== 2);
  return missing.length > 0 ? `needs ${missing.join(', ')} once` : null;
}
