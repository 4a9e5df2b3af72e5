/** What flags say, read once for every command. */
import { DulyError } from '../domain/errors.ts';

/** A whole number from a flag. */
export function whole(flag: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new DulyError('BAD_FLAG', `${flag} is '${text}': give a whole number`, { flag });
  return Number(text);
}
