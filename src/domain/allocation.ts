/** Allocation (冲账): which component of which instalment an arriving sum pays. Rows are poured into in the order given. */
import { type AllocationTerms, COMPONENTS, type Component, type Line } from './plan.ts';

/** An instalment as money reaches it. `left` is lowered by pouring. */
export type OpenRow = Readonly<{ instalmentId: string; scheduleVersion: number; left: Record<Component, number> }>;

/** Refuses an order that names a component twice or not at all: money could find no place. Returns what is wrong, or null. */
export function orderFault(order: readonly Component[]): string | null {
  const named = new Set(order);
  return named.size === COMPONENTS.length && order.length === COMPONENTS.length
    ? null
    : `allocation order must name each of ${COMPONENTS.join(', ')} once; it says ${order.join(', ') || 'nothing'}`;
}

/**
 * Pours `minor` into the rows: `horizontal` fills one row after the other, `vertical` one component over all rows, then the next.
 * Adds a line for each part taken to `lines`, lowers `left`, returns what no row could take.
 */
export function pour(minor: number, rows: readonly OpenRow[], { order, direction }: AllocationTerms, lines: Line[]): number {
  let rest = minor;
  if (direction === 'vertical') for (const component of order) for (const row of rows) rest -= fill(rest, row, component, lines);
  else for (const row of rows) for (const component of order) rest -= fill(rest, row, component, lines);
  return rest;
}

/** Pays one component of one row; returns how much it took. */
function fill(rest: number, row: OpenRow, component: Component, lines: Line[]): number {
  const part = Math.min(rest, row.left[component]);
  if (part <= 0) return 0;
  row.left[component] -= part;
  lines.push({ instalmentId: row.instalmentId, component, minor: part, scheduleVersion: row.scheduleVersion });
  return part;
}
