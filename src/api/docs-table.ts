/** The table of routes in docs/api.md, drawn from their declarations. */
import type { Route } from './route.ts';

/** One line a route: method and path, what it does, who may. */
export function apiTable(routes: readonly Route[]): string {
  const line = (r: Route) => {
    const scopes = [...new Set([...r.scopes, 'admin'])].map((s) => `\`${s}\``).join(' ');
    return `| \`${r.method.toUpperCase()} ${r.path}\` | ${r.summary}${r.testModeOnly ? ' (test mode only)' : ''} | ${scopes} | ${r.money ? 'yes' : ''} |`;
  };
  return ['| Route | Does | Scopes | Idempotency-Key |', '| --- | --- | --- | --- |', ...routes.map(line)].join('\n');
}
