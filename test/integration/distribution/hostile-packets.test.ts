import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SystemClock } from '../../../controller/clock.ts';
import { createDistributor, type Distributor, type MediaPacket } from '../../../controller/distribution/index.ts';
import { createRandom } from '../../../speaker-firmware-sim/random.ts';
import { writeGenericNack, writeReceiverReport } from '../../../speaker-firmware-sim/speaker/rtcp.ts';
import { writeRtpPacket } from '../../../speaker-firmware-sim/speaker/rtp.ts';
import { SrtpSender } from '../../../speaker-firmware-sim/speaker/srtp.ts';
import { createSrtpReceiver, type SrtpReceiver } from '../../support/srtp-receiver.ts';
import { until } from '../../support/until.ts';

const PACKETS = 12_000;
/** Small enough for the kernel's buffers: what is dropped there tests nothing. */
const BURST = 40;
const RTCP_TYPES = [200, 201, 202, 203, 204, 205, 206, 207, 192, 195, 208, 223];

const clock = new SystemClock();
const random = createRandom('hostile packets');
const whole = (most: number): number => Math.floor(random.next() * (most + 1));
let distributor: Distributor;
const speakers: SrtpReceiver[] = [];
const openPaths: Address[] = [];
let index = 0;
let sending: { cancel(): void };
const startMs = clock.nowMs();

beforeAll(async () => {
  distributor = createDistributor({
    registry: new Registry(),
    mediaPorts: { min: 43_000, max: 43_999 },
    listen: { ipv4: '127.0.0.1', ipv6: '::1' },
    workerCount: 1,
    clock,
    logger: pino({ level: process.env.LOA_XA_TEST_LOG ?? 'silent' }),
    onCondition() {},
  });
  await distributor.start();
  const channel = await distributor.openChannel({ channelId: 'programme', class: 'normal' });
  for (const speakerId of ['SPK-1', 'SPK-2', 'SPK-3']) {
    const grant = await distributor.attachSpeaker(speakerId, { families: ['ipv4'] });
    openPaths.push(...grant.addresses.slice(0, 1));
    const speaker = await createSrtpReceiver(grant);
    speakers.push(speaker);
    speaker.open();
    await until(`the path of ${speakerId}`, () => distributor.isPathOpen(speakerId));
    await channel.addSpeaker(speakerId);
  }
  sending = clock.every('programme', 5, () => channel.send(packet(index++)));
});
afterAll(async () => {
  sending?.cancel();
  for (const speaker of speakers) speaker.close();
  await distributor?.close();
});

function packet(number: number): MediaPacket {
  return { payload: Buffer.alloc(60, number), rtpTimestamp: number * 960, captureAtMs: startMs + number * 20, marker: number === 0 };
}

const programme = (speaker: SrtpReceiver) => speaker.packets.filter(({ payload }) => payload.length > 2);

/** What the listeners hear while this goes on, and whether it is still the same worker that sends it. */
async function whileSoundFlows(attack: () => Promise<void>): Promise<void> {
  const [before] = (await distributor.stats()).workers;
  const first = index;
  await attack();
  const last = index;
  expect(last - first).toBeGreaterThan(20);
  for (const speaker of speakers) {
    await until('the sound of the whole time', () =>
      programme(speaker).some(({ captureAtMs }) => (captureAtMs ?? 0) >= startMs + last * 20 - 1),
    );
    const heard = new Set(programme(speaker).map(({ captureAtMs }) => Math.round(((captureAtMs ?? 0) - startMs) / 20)));
    const missing = Array.from({ length: last - first }, (_, offset) => first + offset).filter((number) => !heard.has(number));
    // A loaded kernel may drop a datagram; a worker that stumbles drops a hundred.
    expect(missing.length).toBeLessThanOrEqual((last - first) * 0.01);
    expect(speaker.rejected).toBe(0);
  }
  const stats = await distributor.stats();
  expect([stats.workerDeaths, stats.workers.length, stats.workers[0]?.pid]).toEqual([0, 1, before?.pid]);
}

async function openSocket(): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

interface Address {
  ip: string;
  port: number;
}

async function pour(socket: Socket, make: () => { bytes: Buffer; to: Address }): Promise<void> {
  for (let sent = 0; sent < PACKETS; sent++) {
    const { bytes, to } = make();
    socket.send(bytes, to.port, to.ip);
    if (sent % BURST === BURST - 1) await clock.sleep(2);
  }
}

function damaged(bytes: Buffer): Buffer {
  const copy = Buffer.from(random.next() < 0.2 ? bytes.subarray(0, whole(bytes.length)) : bytes);
  for (let edits = 1 + whole(4); edits > 0 && copy.length > 0; edits--) copy[whole(copy.length - 1)] = whole(255);
  // A byte may have been replaced by itself.
  if (copy.equals(bytes)) copy[copy.length - 1] = ~(copy[copy.length - 1] as number) & 255;
  return copy;
}

it('sounds on while strangers pour mutated packets into the speakers’ ports', async () => {
  const grant = await distributor.attachSpeaker('SPK-4', { families: ['ipv4'] });
  const [closed] = grant.addresses;
  if (!closed) throw new Error('no address');
  // Not the key, but packets that were good when they were recorded.
  const recorded = new SrtpSender(Buffer.from(grant.speakerKey, 'base64'));
  const socket = await openSocket();
  await whileSoundFlows(() =>
    pour(socket, () => {
      const bytes =
        random.next() < 0.2
          ? Buffer.from(Array.from({ length: whole(200) }, () => whole(255)))
          : damaged(recorded.protectRtcp(writeReceiverReport(77, 'SPK-4', [])));
      return { bytes, to: random.next() < 0.5 ? closed : (openPaths[whole(openPaths.length - 1)] as Address) };
    }),
  );
  expect(distributor.isPathOpen('SPK-4')).toBe(false);
  socket.close();
  distributor.detachSpeaker('SPK-4');
});

it('sounds on for the others while a speaker with a good key sends authentic nonsense', async () => {
  const grant = await distributor.attachSpeaker('SPK-5', { families: ['ipv4'] });
  const [address] = grant.addresses;
  const standing = distributor.emergencyChannel().streams().get('SPK-5');
  if (!address || !standing) throw new Error('no path');
  const sender = new SrtpSender(Buffer.from(grant.speakerKey, 'base64'));
  const socket = await openSocket();
  const own = 0x10203040;
  socket.send(sender.protectRtcp(writeReceiverReport(own, 'SPK-5', [])), address.port, address.ip);
  await until('its path', () => distributor.isPathOpen('SPK-5'));
  let sequence = 0;
  const nonsense = (): Buffer => {
    const kind = random.next();
    if (kind < 0.15) {
      // A speaker sends no sound; this one does.
      const payload = Buffer.alloc(whole(100), whole(255));
      const fields = {
        marker: false,
        payloadType: whole(127),
        timestamp: whole(1e9),
        ssrc: random.next() < 0.5 ? own : standing.ssrc,
        payload,
      };
      sequence++;
      return sender.protectRtp(writeRtpPacket({ ...fields, sequence: sequence % 65_536, captureAtMs: clock.nowMs() }), sequence);
    }
    const lost = Array.from({ length: 1 + whole(20) }, () => whole(65_535));
    const compound =
      kind < 0.5
        ? Buffer.concat([
            writeReceiverReport(own, 'SPK-5', []),
            writeGenericNack(own, random.next() < 0.5 ? standing.ssrc : whole(2 ** 31), lost),
          ])
        : writeReceiverReport(own, 'X'.repeat(whole(200)), [
            {
              ssrc: standing.ssrc,
              fractionLost: 1,
              cumulativeLost: whole(8e6),
              extendedHighestSequence: whole(2 ** 31),
              jitter: whole(2 ** 31),
              lastSenderReport: whole(2 ** 31),
              delaySinceLastSenderReport: whole(2 ** 31),
            },
          ]);
    if (kind < 0.3) return sender.protectRtcp(compound);
    // Damaged before it was sealed: lengths, counts, types and formats that contradict each other.
    for (let edits = 1 + whole(3); edits > 0; edits--) {
      const at = random.next() < 0.5 ? whole(Math.min(7, compound.length - 1)) : whole(compound.length - 1);
      compound[at] = at === 1 ? (RTCP_TYPES[whole(RTCP_TYPES.length - 1)] as number) : whole(255);
    }
    return sender.protectRtcp(compound);
  };
  await whileSoundFlows(() => pour(socket, () => ({ bytes: nonsense(), to: address })));
  socket.close();
  // And whoever asks properly for what got lost still gets it.
  const speaker = speakers[0] as SrtpReceiver;
  const wanted = programme(speaker).at(-3);
  const before = programme(speaker).filter(({ sequenceNumber }) => sequenceNumber === wanted?.sequenceNumber).length;
  speaker.nack(wanted?.ssrc ?? 0, [wanted?.sequenceNumber ?? 0]);
  await until(
    'the repair',
    () => programme(speaker).filter(({ sequenceNumber }) => sequenceNumber === wanted?.sequenceNumber).length > before,
  );
  distributor.detachSpeaker('SPK-5');
});
