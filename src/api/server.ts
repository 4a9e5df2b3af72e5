/** Puts the application on a port, with the time-outs that keep a slow or silent caller from holding it. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Express } from 'express';
import { systemTimers } from '../clock.ts';

/** Milliseconds: headers must be complete by the first (a silent connection counts too), the whole request by the second; an idle kept-alive connection ends after the third. */
const TIMEOUTS = { headers: 12_000, request: 60_000, keepAlive: 5_000, check: 2_000, farewell: 10_000 } as const;

const ANSWERS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** Answers what cannot even be read as HTTP, and closes. */
function turnAway(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const line = ANSWERS[error.code ?? ''] ?? '400 Bad Request';
  const body = JSON.stringify({
    type: '/docs/errors#MALFORMED_REQUEST',
    title: 'The request cannot be read',
    status: Number(line.slice(0, 3)),
    detail: line.slice(4),
    instance: '',
    code: 'MALFORMED_REQUEST',
    errors: [],
    requestId: '',
  });
  socket.end(
    `HTTP/1.1 ${line}\r\ncontent-type: application/problem+json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

export type Listening = Readonly<{ server: Server; url: string; port: number; close(): Promise<void> }>;

/** Listens on `port` (0: any free one). `close` drops idle connections and lets running calls end, for ten seconds at most. */
export async function listen(app: Express, port: number, host?: string): Promise<Listening> {
  const server = createServer(
    {
      headersTimeout: TIMEOUTS.headers,
      requestTimeout: TIMEOUTS.request,
      keepAliveTimeout: TIMEOUTS.keepAlive,
      connectionsCheckingInterval: TIMEOUTS.check,
      maxHeaderSize: 16 * 1024,
    },
    app,
  );
  server.on('clientError', turnAway);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { port: taken } = server.address() as AddressInfo;
  return {
    server,
    port: taken,
    url: `http://localhost:${taken}`,
    close: async () => {
      let open = true;
      const closed = new Promise<void>((resolve, reject) => server.close((error) => (error ? reject(error) : resolve()))).finally(() => {
        open = false;
      });
      // In short steps, so that no long timer keeps the process once all is closed.
      const until = systemTimers.monotonic() + TIMEOUTS.farewell;
      while (open && systemTimers.monotonic() < until) await systemTimers.sleep(20);
      server.closeAllConnections();
      await closed;
    },
  };
}
