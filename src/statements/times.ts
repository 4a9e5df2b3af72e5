/** Days and times of a statement's rows. A file names few days and minutes many times over, so each is worked out once. */
import { atLocal, type BusinessDate, businessDate, type Instant, instant } from '../domain/clock.ts';

const MOST = 20_000;
const ISO = /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{3}))?Z$/;
const TIME = /^([01]\d|2[0-3]):([0-5]\d):([0-5]\d)$/;

function remember<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key);
  if (known !== undefined) return known;
  if (map.size >= MOST) map.clear();
  const made = make();
  map.set(key, made);
  return made;
}

/** Answers null for what is no day or time, so that the reader can name the place. */
export class Times {
  readonly #zone: string;
  readonly #days = new Map<string, BusinessDate | 'none'>();
  readonly #minutes = new Map<string, number>();

  constructor(zone: string) {
    this.#zone = zone;
  }

  /** 'YYYY-MM-DD' */
  day(text: string): BusinessDate | null {
    const day = remember(this.#days, text, () => {
      try {
        return businessDate(text);
      } catch {
        return 'none';
      }
    });
    return day === 'none' ? null : day;
  }

  /** 'HH:mm:ss' of a day in the zone. */
  local(date: BusinessDate, text: string): Instant | null {
    const parts = TIME.exec(text);
    if (!parts) return null;
    const minute = text.slice(0, 5);
    const ms = remember(this.#minutes, `${date}T${minute}`, () => atLocal(date, minute, this.#zone).getTime());
    return instant(ms + Number(parts[3]) * 1_000);
  }

  /** 'YYYY-MM-DDTHH:mm:ss.SSSZ', the milliseconds may be missing. */
  utc(text: string): Instant | null {
    const parts = ISO.exec(text);
    if (!parts || this.day(parts[1]!) === null) return null;
    const midnight = remember(this.#minutes, parts[1]!, () => atLocal(parts[1] as BusinessDate, '00:00', 'utc').getTime());
    return instant(midnight + ((Number(parts[2]) * 60 + Number(parts[3])) * 60 + Number(parts[4])) * 1_000 + Number(parts[5] ?? 0));
  }
}
