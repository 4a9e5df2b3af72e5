/** ISO 4217 alphabetic codes in use, by digits after the point. Funds, metals and test codes are left out: nobody is debited in them. */
const BY_DIGITS: Readonly<Record<number, string>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  2: `AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK
      DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT
      LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN
      QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS
      VED VES WST XCD XCG YER ZAR ZMW ZWG`,
  3: 'BHD IQD JOD KWD LYD OMR TND',
};

const DIGITS: ReadonlyMap<string, number> = new Map(
  Object.entries(BY_DIGITS).flatMap(([digits, codes]) => codes.split(/\s+/).map((code): [string, number] => [code, Number(digits)])),
);

/** True for an upper-case ISO 4217 code in use: 'CNY' is one; 'cny', 'XX' and 'ZZZ' are not. */
export const isCurrency = (code: string): boolean => DIGITS.has(code);

/** Digits after the point: 2 for CNY, 0 for JPY; throws a RangeError for an unknown code. */
export function digitsOf(code: string): number {
  const digits = DIGITS.get(code);
  if (digits === undefined) throw new RangeError(`not a currency of ISO 4217: ${code}`);
  return digits;
}
