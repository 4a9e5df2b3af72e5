/** Reads a request's body: small, plain, UTF-8, of the kind the route takes. Everything else is refused before it is held in memory. */
import type { IncomingMessage } from 'node:http';
import { InvalidInput } from '../domain/errors.ts';
import { problem } from './errors.ts';
import type { Route } from './route.ts';
import { type Json, parseJson } from './strict-json.ts';

const MOST_JSON_BYTES = 100 * 1024;

const hasBody = (request: IncomingMessage): boolean =>
  request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;

/** The content type without its parameters; throws UNSUPPORTED_MEDIA_TYPE unless it is one of `types`, in UTF-8 and uncompressed. */
function typeOf(request: IncomingMessage, types: readonly string[]): string {
  const wrong = (why: string) =>
    problem('UNSUPPORTED_MEDIA_TYPE', `${why}; this address takes ${types.join(' or ')} in UTF-8, uncompressed`);
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') throw wrong('the body is compressed');
  const [type = '', ...parameters] = (request.headers['content-type'] ?? '')
    .toLowerCase()
    .split(';')
    .map((p) => p.trim());
  if (!types.includes(type)) throw wrong(type ? `content type ${type.slice(0, 60)} is not taken here` : 'Content-Type is missing');
  if (parameters.some((p) => p !== '' && !/^charset="?utf-8"?$/.test(p)))
    throw wrong('the content type carries another charset or parameter');
  return type;
}

async function readBytes(request: IncomingMessage, max: number): Promise<Buffer> {
  const tooLarge = () => problem('BODY_TOO_LARGE', `the body is larger than ${max} bytes`);
  if (Number(request.headers['content-length'] ?? 0) > max) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > max) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const decoder = new TextDecoder('utf-8', { fatal: true });
function textOf(bytes: Buffer): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw problem('MALFORMED_JSON', 'the body is not UTF-8');
  }
}

/** What came: parsed JSON, the text or bytes of an upload with its type, or nothing. `text` is what the Idempotency-Key is bound to. */
export type Body = Readonly<{ text: string; type: string | null; json: Json | undefined; bytes?: Buffer }>;

export async function readBody(route: Route, request: IncomingMessage): Promise<Body> {
  if (!hasBody(request)) {
    if (route.upload || (route.body && !route.bodyOptional))
      throw request.headers['content-type'] === undefined
        ? problem('UNSUPPORTED_MEDIA_TYPE', 'a body with its Content-Type is wanted')
        : new InvalidInput([{ pointer: '', code: 'REQUIRED', message: 'the body is missing: send it as the API describes it' }]);
    return { text: '', type: null, json: undefined };
  }
  if (!route.body && !route.upload)
    throw new InvalidInput([{ pointer: '', code: 'UNKNOWN_FIELD', message: 'this address takes no body: leave it out' }]);
  const type = typeOf(request, route.upload?.types ?? ['application/json']);
  const bytes = await readBytes(request, route.upload?.maxBytes ?? MOST_JSON_BYTES);
  if (route.upload?.raw) return { text: bytes.toString('latin1'), type, json: undefined, bytes };
  const text = textOf(bytes);
  return { text, type, json: route.upload ? undefined : parseJson(text) };
}
