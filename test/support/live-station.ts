import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import type { SystemClock } from '../../controller/clock.ts';

const MINUTES = 20;
/** 64 kbit/s. */
const BYTES_PER_MS = 8;
/** An Icecast server sends four times as much at the beginning. */
const AT_ONCE_MS = 2000;
const PIECE_MS = 250;

/** A radio station on this machine, a tone in MP3: two seconds to whoever connects, then as it sounds. */
export async function startLiveStation(clock: SystemClock): Promise<{ url: string; close(): Promise<void> }> {
  const { stdout: sound } = await promisify(execFile)(
    'ffmpeg',
    ['-v', 'error', '-f', 'lavfi', '-i', `sine=440:d=${MINUTES * 60}`, '-ar', '48000', '-b:a', '64k', '-f', 'mp3', '-'],
    { encoding: 'buffer', maxBuffer: 100 * 1024 * 1024 },
  );
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'audio/mpeg' });
    let at = AT_ONCE_MS * BYTES_PER_MS;
    response.write(sound.subarray(0, at));
    const feeding = clock.every('station', PIECE_MS, () => {
      response.write(sound.subarray(at, at + PIECE_MS * BYTES_PER_MS));
      at += PIECE_MS * BYTES_PER_MS;
    });
    response.on('close', () => feeding.cancel());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/live.mp3`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
