import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.ts';

const PATIENCE_MS = 2000;

/** Answers a WebSocket request with a status and closes. Ending alone would leave our half open for as long as a silent caller likes. */
export function refuseUpgrade(socket: Duplex, status: number, clock: Clock): void {
  const impatience = clock.after('refused upgrade', PATIENCE_MS, () => socket.destroy());
  socket.once('close', () => impatience.cancel());
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}
