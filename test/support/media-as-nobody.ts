import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { join } from 'node:path';
import { SystemClock } from '../../controller/clock.ts';
import { confinement } from '../../controller/media/ffmpeg/confinement.ts';
import { runFfmpeg } from '../../controller/media/ffmpeg/ffmpeg.ts';
import { runLimited } from '../../controller/media/ffmpeg/limited-run.ts';
import { createMedia, createRelayOpener } from '../../controller/media/index.ts';
import { createLogger } from '../../controller/telemetry/logger.ts';

/**
 * A program of its own: the media slice of a controller that is not root, with a data directory that holds what must not be read. Does what a
 * stranger's file would like to do, and what people need; prints what came of each as JSON. Arguments: an empty folder for the data, which may be
 * root's; a recording.
 */
const [dataDir = '', recording = ''] = process.argv.slice(2);
const NOBODY = 65_534;
const LIMITS = { memoryBytes: 1024 ** 3, cpuSeconds: 20, fileBytes: 10_000_000, wallSeconds: 20 };

// Everything is loaded by now: Node itself may lie where nobody may pass.
if (process.getuid?.() === 0) {
  process.setgroups?.([]);
  process.setgid?.(NOBODY);
  process.setuid?.(NOBODY);
}
process.env.LOA_XA_SECRET = 'password';
const clock = new SystemClock();
clock.start();
const logger = createLogger({ level: 'silent' });
const conditions: string[] = [];
const media = createMedia({ dataDir, clock, logger, onCondition: ({ code }) => conditions.push(code) });
await media.start();
mkdirSync(join(dataDir, 'tls'), { mode: 0o700 });
mkdirSync(join(dataDir, 'run'));
const key = join(dataDir, 'tls/authority.pem');
// So that ffmpeg can read it, if anything can: a key that is a recording.
writeFileSync(key, readFileSync(recording), { mode: 0o600 });
const database = createSocketServer((socket) => socket.on('error', () => undefined).end('rows')).listen(join(dataDir, 'run/database'));
const station = createServer((_, response) => response.end(Buffer.alloc(1000))).listen(0, '127.0.0.1');
await Promise.all([once(database, 'listening'), once(station, 'listening')]);
const { port } = station.address() as AddressInfo;

const outcome = (run: Promise<unknown>): Promise<string> =>
  run.then(
    () => 'done',
    (error: Error) => `no: ${error.message}`,
  );
/** By a program that a file has taken over. */
const shell = (script: string): Promise<string> =>
  outcome(runLimited({ program: 'sh', args: ['-c', script], limits: LIMITS, maxStdoutBytes: 65_536 }));
/** By our own process for a neural voice, which a model has taken over. */
const voice = (script: string, ...paths: string[]): Promise<string> =>
  outcome(runLimited({ program: 'sh', args: ['-c', script], limits: LIMITS, maxStdoutBytes: 65_536, asController: { paths } }));
const connecting = (to: string): string => `perl -MIO::Socket -e 'exit !${to}'`;
const list = join(dataDir, 'list.ffconcat');
writeFileSync(list, `ffconcat version 1.0\nfile '${key}'\n`);
const leaked = (input: string, ...options: string[]): Promise<string> =>
  outcome(
    runFfmpeg({
      input: { file: input },
      inputOptions: ['-v', 'error', '-protocol_whitelist', 'file', ...options],
      outputs: [{ target: join(dataDir, 'leak.wav'), options: ['-f', 'wav'] }],
      limits: LIMITS,
    }),
  );

const wanted = {
  'a key, by a program': await shell(`head -c 100 '${key}'`),
  'a key, by ffmpeg and a list that was let through': await leaked(list, '-f', 'concat', '-safe', '0'),
  'a key, by a relay’s playlist': await outcome(relayed(`#EXTM3U\n#EXTINF:10,\nfile://${key}\n#EXT-X-ENDLIST\n`)),
  'a key, by its place in the process': await shell(`head -c 100 '/proc/${process.pid}/root${key}'`),
  'a key, by the neural voice': await voice(`head -c 100 '${key}'`),
  'a key, by a neural voice whose model lies beside it': await voice(`head -c 100 '${key}'`, join(dataDir, 'run')),
  'the controller’s environment': await shell(`cat /proc/${process.pid}/environ`),
  'the journal’s names': await shell(`test -n "$(ls '${dataDir}')"`),
  'a key, after taking the cover off': await shell(`umount '${dataDir}' && head -c 100 '${key}'`),
  'the controller’s end': await shell(`kill -WINCH ${process.pid}`),
  'the database’s socket': await shell(connecting(`IO::Socket::UNIX->new("${join(dataDir, 'run/database')}")`)),
  'the network': await shell(connecting(`IO::Socket::INET->new("127.0.0.1:${port}")`)),
};
const needed = {
  'a recording becomes a master': await outcome(media.ingest(recording)),
  'a text is spoken': await outcome(
    media.ingestSpeech({ text: 'Nước đang lên, bà con di dời ngay.', voice: 'vi', rate: 1, dictionary: [] }),
  ),
  'a relay is heard': await outcome(relayed(readFileSync(recording))),
};

async function relayed(content: string | Buffer): Promise<void> {
  const radio = createServer((_, response) => response.end(content)).listen(0, '127.0.0.1');
  await once(radio, 'listening');
  const open = createRelayOpener({ allowedNetworks: ['127.0.0.0/8'], logger });
  const url = `http://127.0.0.1:${(radio.address() as AddressInfo).port}/live`;
  const relay = await open({ url, signal: new AbortController().signal });
  let packets = 0;
  try {
    for await (const _ of relay.packets) packets += 1;
  } finally {
    await relay.close();
    radio.close();
  }
  if (packets < 20) throw new Error(`only ${packets} packets`);
}

process.stdout.write(JSON.stringify({ uid: process.getuid?.(), confinement: await confinement(), conditions, wanted, needed }));
await media.close();
database.close();
station.close();
clock.close();
