/** Health for machines: alive (the process answers), started (it has been ready once), ready (it may be given work). No key needed. */
import { Router } from 'express';
import type { ApiDeps } from './deps.ts';

export function healthPages({ health }: ApiDeps): Router {
  const router = Router();
  router.get('/livez', (_request, response) => {
    response.json({ status: 'alive' });
  });
  router.get('/startupz', (_request, response) => {
    const started = health.started();
    response.status(started ? 200 : 503).json({ status: started ? 'started' : 'starting' });
  });
  router.get('/readyz', async (_request, response) => {
    const checks = health.started() ? await health.ready() : [{ name: 'start', ok: false, says: 'still starting' }];
    const ready = checks.every((c) => c.ok);
    if (!ready) response.setHeader('retry-after', '2');
    response.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'not ready', checks });
  });
  return router;
}
