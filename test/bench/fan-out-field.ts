import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { getPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { SystemClock } from '../../controller/clock.ts';
import { prefer } from '../../controller/processes/priority.ts';
import { createSrtpReceiver, type SrtpReceiver } from '../support/srtp-receiver.ts';
import type { FromServer, ToServer } from './fan-out-server.ts';
import { coreShare } from './process-cpu.ts';

const SERVER = fileURLToPath(new URL('./fan-out-server.ts', import.meta.url));
/** Bytes of 20 ms of speech at 32 kbit/s. */
export const PAYLOAD_BYTES = 80;
/** Half the playout delay that live sound gets on a mobile network. */
export const ON_TIME_MS = 100;
const CAPTURE_TIME_ID = 10;
/** In a commune the sockets are the poles', and other programs of the server take nothing from them; after all that sends, before those programs. */
const SOCKETS_NICENESS = -4;
const clock = new SystemClock();

export interface Field {
  attachMs: number;
  joinMs: number;
  run(options: { packetMs: number; payloadBytes: number; seconds: number }): Promise<{
    /** NaN when a media worker was killed. */
    corePercent: number;
    /** What the sockets at the other end took; they share the machine with the server. */
    socketsCorePercent: number;
    workerDeaths: number;
    /** What the server would choose for live sound now. */
    livePacketMs: number;
    /** p50 and p99. */
    lastSocketMs: [number, number];
    delivered: number;
    /** Share of all packets that reached their socket within ON_TIME_MS. */
    onTime: number;
    packets: number;
  }>;
  close(): Promise<void>;
}

/** The server in a process of its own; the speakers' sockets are in this one. They count, and look at the clear part of the header, but decrypt nothing. */
export async function startField(speakers: number, options: { workers?: number } = {}): Promise<Field> {
  const before = getPriority(0);
  prefer(0, SOCKETS_NICENESS);
  const args = options.workers === undefined ? [] : [String(options.workers)];
  const server = fork(SERVER, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const endServer = async (): Promise<void> => {
    prefer(0, before);
    if (server.exitCode !== null || server.signalCode !== null) return;
    const exit = once(server, 'exit');
    tell(server, { do: 'close' });
    await exit;
  };
  try {
    return await attachField(server, speakers, endServer);
  } catch (error) {
    await endServer();
    throw error;
  }
}

async function attachField(server: ChildProcess, speakers: number, endServer: () => Promise<void>): Promise<Field> {
  let received = 0;
  let onTime = 0;
  const lastAt = new Map<number, number>();
  const onDatagram = (datagram: Buffer): void => {
    const sentAtMs = captureTimeOf(datagram);
    if (sentAtMs === undefined || datagram.length < PAYLOAD_BYTES) return;
    const nowMs = performance.timeOrigin + performance.now();
    received += 1;
    if (nowMs - sentAtMs <= ON_TIME_MS) onTime += 1;
    lastAt.set(sentAtMs, nowMs);
  };
  const attached = reply(server, 'attach');
  tell(server, { do: 'attach', speakers });
  const { grants, attachMs, joinMs, pids } = await attached;
  const open = reply(server, 'open');
  const receivers: SrtpReceiver[] = [];
  for (const grant of grants) receivers.push(await createSrtpReceiver(grant, 'ipv4', onDatagram));
  for (const receiver of receivers) receiver.open();
  await open;
  await clock.sleep(500);
  return {
    attachMs,
    joinMs,
    async run({ packetMs, payloadBytes, seconds }) {
      const packets = (seconds * 1000) / packetMs;
      received = 0;
      onTime = 0;
      lastAt.clear();
      let done: Extract<FromServer, { done: 'send' }> | undefined;
      let socketsCorePercent = 0;
      const corePercent = await coreShare(pids, async () => {
        socketsCorePercent = await coreShare([process.pid], async () => {
          const sent = reply(server, 'send');
          tell(server, { do: 'send', packetMs, payloadBytes, packets });
          done = await sent;
        });
      });
      await clock.sleep(300);
      const tookMs = [...lastAt].map(([sentAtMs, atMs]) => atMs - sentAtMs).sort((a, b) => a - b);
      const at = (share: number): number => tookMs[Math.floor(tookMs.length * share)] ?? Number.NaN;
      return {
        corePercent,
        socketsCorePercent,
        workerDeaths: done?.workerDeaths ?? 0,
        livePacketMs: done?.livePacketMs ?? packetMs,
        lastSocketMs: [at(0.5), at(0.99)],
        delivered: received / (packets * speakers),
        onTime: onTime / (packets * speakers),
        packets,
      };
    },
    async close() {
      for (const receiver of receivers) receiver.close();
      await endServer();
    },
  };
}

/** abs-capture-time from the one-byte header extension; headers of SRTP are in the clear. */
function captureTimeOf(datagram: Buffer): number | undefined {
  if (datagram.length < 20 || (datagram.readUInt8(0) & 0x10) === 0 || datagram.readUInt16BE(12) !== 0xbede) return undefined;
  const end = 16 + 4 * datagram.readUInt16BE(14);
  for (let at = 16; at < end && at + 9 < datagram.length; ) {
    const head = datagram.readUInt8(at);
    if (head >> 4 === CAPTURE_TIME_ID) {
      return (datagram.readUInt32BE(at + 1) - 2_208_988_800 + datagram.readUInt32BE(at + 5) / 2 ** 32) * 1000;
    }
    at += head === 0 ? 1 : 2 + (head & 15);
  }
  return undefined;
}

function tell(server: ChildProcess, message: ToServer): void {
  server.send(message);
}

function reply<Done extends FromServer['done']>(server: ChildProcess, done: Done): Promise<Extract<FromServer, { done: Done }>> {
  return new Promise((resolve, reject) => {
    const onExit = (): void => reject(new Error('the server of the bench ended'));
    const onMessage = (message: FromServer): void => {
      if (message.done !== done) return;
      server.off('message', onMessage);
      server.off('exit', onExit);
      resolve(message as Extract<FromServer, { done: Done }>);
    };
    server.on('message', onMessage);
    server.once('exit', onExit);
  });
}
