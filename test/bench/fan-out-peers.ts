import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { SystemClock } from '../../controller/clock.ts';
import { coreShare } from './process-cpu.ts';

/** Others doing the same job: one stream of 20 ms packets to many receivers, unencrypted. Percent of one core, or undefined when not installed. */
export interface PeerOptions {
  receivers: number;
  seconds: number;
  payloadBytes: number;
  tmpDir: string;
}

const clock = new SystemClock();
const PACKET_MS = 20;

export function isInstalled(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A loop of sendto in Node: the least that any server must do, without encryption. */
export async function measureSendLoop(options: PeerOptions): Promise<number> {
  const sinks = await openSinks(options.receivers);
  const script = `
    const socket = require('node:dgram').createSocket('udp4');
    const ports = JSON.parse(process.argv[1]);
    const packet = Buffer.alloc(${options.payloadBytes + 12});
    let next = performance.now();
    const tick = () => {
      for (const port of ports) socket.send(packet, port, '127.0.0.1');
      next += ${PACKET_MS};
      setTimeout(tick, Math.max(0, next - performance.now()));
    };
    tick();`;
  const child = spawn(process.execPath, ['-e', script, JSON.stringify(sinks.ports)], { stdio: 'ignore' });
  return measure(child, sinks, options);
}

/** GStreamer forwards ready-made RTP packets: no encoder in its figure. */
export async function measureGstreamer(options: PeerOptions): Promise<number | undefined> {
  if (!isInstalled('gst-launch-1.0')) return undefined;
  const sinks = await openSinks(options.receivers);
  const input = createSocket('udp4');
  input.bind(0, '127.0.0.1');
  await once(input, 'listening');
  const port = input.address().port;
  input.close();
  await once(input, 'close');
  const clients = sinks.ports.map((sink) => `127.0.0.1:${sink}`).join(',');
  const child = spawn(
    'gst-launch-1.0',
    ['-q', 'udpsrc', `port=${port}`, 'address=127.0.0.1', '!', 'multiudpsink', 'sync=false', `clients=${clients}`],
    {
      stdio: 'ignore',
    },
  );
  const source = createSocket('udp4');
  const packet = Buffer.alloc(options.payloadBytes + 12);
  const feeding = clock.every('packets for GStreamer', PACKET_MS, () => source.send(packet, port, '127.0.0.1'));
  try {
    return await measure(child, sinks, options);
  } finally {
    feeding.cancel();
    source.close();
  }
}

/** Snapcast's server, Opus over TCP. Its figure includes the encoder, as in its normal use. */
export async function measureSnapserver(options: PeerOptions): Promise<number | undefined> {
  if (!isInstalled('snapserver')) return undefined;
  const folder = join(options.tmpDir, 'snapserver');
  await mkdir(folder, { recursive: true });
  const fifo = join(folder, 'fifo');
  execFileSync('mkfifo', [fifo]);
  const port = 20_000 + Math.floor(Math.random() * 9000);
  const child = spawn(
    'snapserver',
    [
      ...['--config', '/dev/null', `--server.datadir=${folder}`, `--stream.port=${port}`, '--tcp.enabled=false', '--http.enabled=false'],
      `--stream.source=pipe://${fifo}?name=bench&codec=opus&sampleformat=48000:16:2&chunk_ms=${PACKET_MS}`,
    ],
    { stdio: 'ignore' },
  );
  await clock.sleep(1000);
  const pcm = createWriteStream(fifo);
  // What is still being written when the server goes does not matter.
  pcm.on('error', () => undefined);
  const chunk = Buffer.alloc((48_000 * 4 * PACKET_MS) / 1000);
  for (let i = 0; i < chunk.length; i += 2) chunk.writeInt16LE(Math.round(8000 * Math.sin(i / 40)), i);
  const feeding = clock.every('sound for snapserver', PACKET_MS, () => pcm.write(chunk));
  let received = 0;
  const clients = Array.from({ length: options.receivers }, (_, i) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(snapHello(i)));
    socket.on('data', () => {
      received += 1;
    });
    socket.on('error', () => undefined);
    return socket;
  });
  try {
    await clock.sleep(1500);
    const before = received;
    const share = await coreShare([child.pid ?? 0], () => clock.sleep(options.seconds * 1000));
    // A server that serves nobody is no peer.
    return received - before > (options.receivers * options.seconds * 1000) / PACKET_MS / 4 ? share : undefined;
  } finally {
    feeding.cancel();
    for (const client of clients) client.destroy();
    pcm.destroy();
    await ended(child);
  }
}

async function measure(child: ChildProcess, sinks: Sinks, options: PeerOptions): Promise<number> {
  try {
    await clock.sleep(1500);
    const before = sinks.received();
    const share = await coreShare([child.pid ?? 0], () => clock.sleep(options.seconds * 1000));
    const expected = (options.receivers * options.seconds * 1000) / PACKET_MS;
    if (sinks.received() - before < expected * 0.9)
      throw new Error(`the peer delivered ${sinks.received() - before} of ${expected} packets`);
    return share;
  } finally {
    await ended(child);
    sinks.close();
  }
}

interface Sinks {
  ports: number[];
  received(): number;
  close(): void;
}

async function openSinks(count: number): Promise<Sinks> {
  let received = 0;
  const sockets: Socket[] = [];
  for (let i = 0; i < count; i++) {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
    socket.on('message', () => {
      received += 1;
    });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    sockets.push(socket);
  }
  return {
    ports: sockets.map((socket) => socket.address().port),
    received: () => received,
    close() {
      for (const socket of sockets) socket.close();
    },
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

/** Snapcast's binary protocol: base message (26 bytes, little endian) of type 5 and a JSON text with its length. */
function snapHello(i: number): Buffer {
  const mac = `00:00:00:00:${(i >> 8).toString(16).padStart(2, '0')}:${(i & 255).toString(16).padStart(2, '0')}`;
  const json = Buffer.from(
    JSON.stringify({
      Arch: 'x86_64',
      ClientName: 'Snapclient',
      HostName: `h${i}`,
      ID: mac,
      Instance: 1,
      MAC: mac,
      OS: 'Linux',
      SnapStreamProtocolVersion: 2,
      Version: '0.26.0',
    }),
  );
  const message = Buffer.alloc(26 + 4 + json.length);
  message.writeUInt16LE(5, 0);
  message.writeUInt32LE(4 + json.length, 22);
  message.writeUInt32LE(json.length, 26);
  json.copy(message, 30);
  return message;
}
