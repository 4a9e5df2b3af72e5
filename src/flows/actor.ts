/** Who acts and why: every staff act stores both in its event. */
export type Actor = Readonly<{
  /** A person, a key, or 'duly' for what the house does by itself. */
  by: string;
  why: string;
  /** The key it was done with; absent on what the house or its command line does. Two different ones make two pairs of eyes. */
  keyId?: string;
}>;
