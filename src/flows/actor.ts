/** Who acts and why: every staff act stores both in its event. */
export type Actor = Readonly<{
  /** A person, a key, or 'duly' for what the house does by itself. */
  by: string;
  why: string;
}>;
