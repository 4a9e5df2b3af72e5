/** Ids are prefixed ULIDs: sortable, and recognisable in a log line. The generator comes through this port. */
export type IdPrefix =
  | 'lnd'
  | 'brw'
  | 'mnd'
  | 'pln'
  | 'ins'
  | 'att'
  | 'ntc'
  | 'key'
  | 'hld'
  | 'pay'
  | 'skp'
  | 'col'
  | 'run'
  | 'req'
  | 'imp'
  | 'box'
  | 'aud'
  | 'stm'
  | 'dis'
  | 'rfd'
  | 'stl';

export interface Ids {
  next(prefix: IdPrefix): string;
  /** 128 random bits as hex: claims, tokens. */
  token(): string;
}

const ULID = '[0-9A-HJKMNP-TV-Z]{26}';
export const idPattern = (prefix: IdPrefix): RegExp => new RegExp(`^${prefix}_${ULID}$`);
