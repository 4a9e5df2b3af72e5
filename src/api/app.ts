/** The API as one express application: the routes' declarations, the pages beside them, and the one place where errors become answers. */
import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
import helmet from 'helmet';
import { DulyError, NotFound } from '../domain/errors.ts';
import { openDoor } from './auth.ts';
import { API_VERSION, type ApiDeps } from './deps.ts';
import { docsPages } from './docs-pages.ts';
import { problem } from './errors.ts';
import { healthPages } from './health.ts';
import { lanes } from './lanes.ts';
import { openApi } from './openapi.ts';
import type { Route } from './route.ts';
import { ROUTES } from './routes.ts';
import { refusal, type Service, send, serveRoute, type Visit } from './serve-route.ts';

const MOST_URL = 8 * 1024;
const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;

type Answered = Response & { locals: { visit: Visit } };

/** express writes path parameters as `:id`, OpenAPI as `{id}`. */
const expressPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ':$1');

/** Every request gets an id, the standing headers and, when it is over, one log line without a word of its body. */
function arrive({ world, mode }: ApiDeps) {
  return (request: Request, response: Answered, next: () => void) => {
    const given = request.headers['x-request-id'];
    const requestId = typeof given === 'string' && REQUEST_ID.test(given) ? given : world.ids.next('req');
    const path = request.originalUrl.split('?')[0] ?? '';
    const visit: Visit = { requestId, instance: path.slice(0, 300), key: null, lender: null };
    response.locals.visit = visit;
    response.setHeader('x-request-id', requestId);
    response.setHeader('x-api-version', API_VERSION);
    response.setHeader('x-duly-mode', mode);
    response.setHeader('cache-control', 'no-store');
    const began = world.timers.monotonic();
    response.on('finish', () => {
      const ms = Math.round(world.timers.monotonic() - began);
      const facts = {
        requestId,
        keyId: visit.key?.id ?? null,
        lenderId: visit.lender?.id ?? null,
        method: request.method,
        path: visit.instance,
        status: response.statusCode,
        ms,
      };
      if (response.statusCode >= 500) world.log.error(facts, 'request failed');
      else if (response.statusCode === 401 || response.statusCode === 403) world.log.warn(facts, 'request refused');
      else world.log.info(facts, 'request');
    });
    if (request.originalUrl.length > MOST_URL) throw problem('URL_TOO_LONG', `the address has more than ${MOST_URL} characters`);
    if (request.method === 'TRACE') throw problem('METHOD_NOT_ALLOWED', 'TRACE is not taken');
    next();
  };
}

/** All routes of one path: dispatches by method, and answers 405 with what the path does take. */
function servePath(service: Service, routes: readonly Route[]) {
  const allowed = routes.map((r) => r.method.toUpperCase());
  if (allowed.includes('GET')) allowed.push('HEAD');
  return async (request: Request, response: Response) => {
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const route = routes.find((r) => r.method.toUpperCase() === method);
    if (!route) {
      response.setHeader('allow', allowed.join(', '));
      throw problem('METHOD_NOT_ALLOWED', `this address takes ${allowed.join(', ')}`);
    }
    const answer = await serveRoute(service, route, request, (response as Answered).locals.visit);
    send(response, answer);
  };
}

/** What express and node throw at requests they cannot read. */
const unreadable = (error: unknown): boolean =>
  error instanceof URIError || (error instanceof Error && 'status' in error && Number(error.status) >= 400 && Number(error.status) < 500);

function asProblem(deps: ApiDeps): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const { visit } = (response as Answered).locals;
    const known =
      error instanceof DulyError
        ? error
        : unreadable(error)
          ? problem('MALFORMED_REQUEST', 'the request cannot be read: check its address and length')
          : error;
    if (!(known instanceof DulyError))
      deps.world.log.error(
        {
          requestId: visit.requestId,
          method: request.method,
          path: visit.instance,
          error: String(error instanceof Error ? error.stack : error),
        },
        'unexpected error',
      );
    if (response.headersSent) {
      response.destroy();
      return;
    }
    send(response, refusal(known, visit));
  };
}

/** Builds the application. Give it to `listen` (server.ts), which sets the time-outs. */
export function createApi(deps: ApiDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');
  app.enable('strict routing');
  app.set('query parser', false);
  app.use(
    helmet({
      contentSecurityPolicy: {
        directives: { 'upgrade-insecure-requests': null, 'img-src': ["'self'", 'data:'], 'style-src': ["'self'", "'unsafe-inline'"] },
      },
    }),
  );
  app.use(arrive(deps));
  const spec = openApi(ROUTES, deps.mode);
  app.use(healthPages(deps));
  app.use(docsPages(spec));
  const service: Service = { deps, door: openDoor(deps.world, deps.mode), lanes: lanes() };
  for (const path of new Set(ROUTES.map((r) => r.path)))
    app.all(
      expressPath(path),
      servePath(
        service,
        ROUTES.filter((r) => r.path === path),
      ),
    );
  app.use((request: Request) => {
    throw new NotFound('address', (request.originalUrl.split('?')[0] ?? '').slice(0, 200));
  });
  app.use(asProblem(deps));
  return app;
}
