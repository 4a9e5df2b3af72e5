/** The pages a person reads: /docs (the OpenAPI document, offline), /docs/errors (every code, what it means, what to do), /openapi.json. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Router } from 'express';
import { MEANINGS } from './errors.ts';
import type { OpenApi } from './openapi.ts';

const assets = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
/** Nothing else of that package is served. */
const ASSETS = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'] as const;

const page = (title: string, head: string, body: string): string =>
  `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title>${head}</head><body>${body}</body></html>\n`;

const ICON = '<link rel="icon" href="/docs/assets/favicon-32x32.png">';
const DOCS = page(
  'Duly API',
  `<link rel="stylesheet" href="/docs/assets/swagger-ui.css">${ICON}`,
  '<div id="duly-api"></div><script src="/docs/assets/swagger-ui-bundle.js"></script><script src="/docs/assets/start.js"></script>',
);
const START = `window.SwaggerUIBundle({ url: '/openapi.json', dom_id: '#duly-api', deepLinking: true, persistAuthorization: false, tryItOutEnabled: true, validatorUrl: null });\n`;

/** Text as HTML; what stands between backquotes as code. */
const asHtml = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/`([^`]+)`/g, '<code>$1</code>');

const ERRORS = page(
  'Duly: what an error code means',
  `${ICON}<style>body{font:16px/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem}h2{font-size:1rem;margin-bottom:.2rem}p{margin-top:0}</style>`,
  `<h1>What an error code means</h1><p>Every error is <code>application/problem+json</code>; <code>errors</code> names the fields by JSON pointer. Give the <code>requestId</code> when you ask for help.</p>${Object.entries(
    MEANINGS,
  )
    .map(
      ([code, { status, title, cure }]) => `<h2 id="${code}"><code>${code}</code> (${status}) ${asHtml(title)}</h2><p>${asHtml(cure)}</p>`,
    )
    .join('\n')}<p><a href="/docs">The API</a></p>`,
);

export function docsPages(spec: OpenApi): Router {
  const router = Router({ caseSensitive: true });
  const text = JSON.stringify(spec);
  router.get('/', (_request, response) => response.redirect(302, '/docs'));
  router.get('/openapi.json', (_request, response) => {
    response.type('application/json').send(text);
  });
  router.get('/docs', (_request, response) => {
    response.type('html').send(DOCS);
  });
  router.get('/docs/errors', (_request, response) => {
    response.type('html').send(ERRORS);
  });
  router.get('/docs/assets/start.js', (_request, response) => {
    response.type('text/javascript').send(START);
  });
  for (const name of ASSETS)
    router.get(`/docs/assets/${name}`, (_request, response) => {
      response.setHeader('cache-control', 'public, max-age=86400');
      response.sendFile(join(assets, name));
    });
  return router;
}
