import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Fleet } from '../fleet.ts';
import type { FaultBoard } from './apply-fault.ts';
import { faultCommand } from './fault-command.ts';

const LARGEST_BODY_BYTES = 65_536;

export interface ControlApi {
  readonly port: number;
  readonly token: string;
  close(): Promise<void>;
}

/**
 * The simulator's own switchboard, on the loopback address alone and with a token:
 * GET /speakers, GET /status, GET /report, POST /faults (a fault command as JSON). Authorization: Bearer TOKEN.
 */
export async function startControlApi(options: { fleet: Fleet; board: FaultBoard; port: number; token?: string }): Promise<ControlApi> {
  const { fleet, board } = options;
  const token = options.token ?? randomBytes(16).toString('hex');
  const wanted = Buffer.from(`Bearer ${token}`);

  async function serve(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
    const given = Buffer.from(request.headers.authorization ?? '');
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted))
      return { status: 401, body: { error: 'the token is missing or wrong' } };
    switch (`${request.method} ${request.url?.split('?', 1)[0]}`) {
      case 'GET /status':
        return { status: 200, body: fleet.status() };
      case 'GET /report':
        return { status: 200, body: fleet.report() };
      case 'GET /speakers':
        return { status: 200, body: fleet.report().perSpeaker };
      case 'POST /faults': {
        const command = faultCommand.safeParse(await readJson(request));
        if (!command.success)
          return { status: 400, body: { error: 'not a fault command', issues: command.error.issues.map(({ message }) => message) } };
        return { status: 200, body: { met: board.apply(command.data, fleet.speakers) } };
      }
      default:
        return { status: 404, body: { error: 'GET /speakers, /status, /report; POST /faults' } };
    }
  }

  const answer = (response: ServerResponse, status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(JSON.stringify(body));
  };
  const server: Server = createServer((request, response) => {
    serve(request).then(
      ({ status, body }) => answer(response, status, body),
      (error: Error) => answer(response, 400, { error: error.message }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as { port: number }).port,
    token,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > LARGEST_BODY_BYTES) throw new Error('the body is too large');
    parts.push(part);
  }
  return JSON.parse(Buffer.concat(parts).toString('utf8'));
}
