import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SystemClock } from '../../../controller/clock.ts';
import { createDistributor, type Distributor, type MediaPacket } from '../../../controller/distribution/index.ts';
import type { AppEvents } from '../../../controller/events.ts';
import { createHealth } from '../../../controller/telemetry/health.ts';
import { createSrtpReceiver, type SrtpReceiver } from '../../support/srtp-receiver.ts';
import { isAlive, until } from '../../support/until.ts';

const clock = new SystemClock();
const conditions: AppEvents['system.condition'][] = [];
const receivers: SrtpReceiver[] = [];
let distributor: Distributor;
let registry: Registry;

async function startDistributor(
  workerCount: number,
  listen = { ipv4: '127.0.0.1', ipv6: '::1' },
  publicAddress?: string,
  change: { maxPathsPerWorker?: number } = {},
): Promise<void> {
  registry = new Registry();
  distributor = createDistributor({
    registry,
    mediaPorts: { min: 41_000, max: 42_999 },
    listen,
    workerCount,
    ...(publicAddress === undefined ? {} : { publicAddress }),
    clock,
    logger: pino({ level: process.env.LOA_XA_TEST_LOG ?? 'silent' }),
    onCondition: (condition) => conditions.push(condition),
    ...change,
  });
  await distributor.start();
}

async function attach(speakerId: string, families: ('ipv4' | 'ipv6')[] = ['ipv4'], via?: 'ipv4' | 'ipv6'): Promise<SrtpReceiver> {
  const receiver = await createSrtpReceiver(await distributor.attachSpeaker(speakerId, { families, reachedAt: '127.0.0.1' }), via);
  receivers.push(receiver);
  receiver.open();
  await until(`the path of ${speakerId} is open`, () => distributor.isPathOpen(speakerId));
  return receiver;
}

function packet(index: number, startMs: number): MediaPacket {
  return {
    payload: Buffer.alloc(40 + (index % 60), index),
    rtpTimestamp: (4_294_960_000 + index * 960) % 2 ** 32,
    captureAtMs: startMs + index * 20,
    marker: index === 0,
  };
}

const programme = (receiver: SrtpReceiver) => receiver.packets.filter((received) => received.payload.length > 2);

beforeEach(() => {
  conditions.length = 0;
});
afterEach(async () => {
  for (const receiver of receivers.splice(0)) receiver.close();
  await distributor.close();
});

describe('a start that fails', () => {
  const start = (change: Partial<Parameters<typeof createDistributor>[0]>): Promise<void> => {
    const logger = pino({ level: 'silent' });
    const mediaPorts = { min: 41_000, max: 42_999 };
    distributor = createDistributor({
      mediaPorts,
      listen: { ipv4: '127.0.0.1' },
      workerCount: 1,
      clock,
      logger,
      onCondition() {},
      ...change,
    });
    return distributor.start();
  };

  it('says that the ports are taken, and which option chooses others', async () => {
    const taken = createSocket('udp4').bind(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address();
    await expect(start({ mediaPorts: { min: port, max: port } })).rejects.toMatchObject({
      code: 'distribution.no_port',
      words: { en: expect.stringMatching(new RegExp(`${port}-${port}.*--media-ports`)) },
    });
    taken.close();
  });

  it('says that the media server can’t be run, and how to get it', async () => {
    await expect(start({ workerBin: '/no/such/worker' })).rejects.toMatchObject({
      code: 'distribution.worker_not_started',
      words: { en: expect.stringMatching(/\/no\/such\/worker.*npm run setup/) },
    });
  });
});

describe('a channel', () => {
  it('brings every packet to every speaker, over IPv4 and IPv6, from several workers, unchanged', async () => {
    await startDistributor(2);
    const all = [await attach('SPK-1', ['ipv4']), await attach('SPK-2', ['ipv6', 'ipv4']), await attach('SPK-3', ['ipv6'])];
    const channel = await distributor.openChannel({ channelId: 'one', class: 'normal' });
    const streams = await Promise.all(['SPK-1', 'SPK-2', 'SPK-3'].map((speakerId) => channel.addSpeaker(speakerId)));
    const startMs = clock.nowMs();
    for (let i = 0; i < 100; i++) channel.send(packet(i, startMs));
    await until('everything arrived', () => all.every((receiver) => programme(receiver).length === 100));
    all.forEach((receiver, speaker) => {
      const received = programme(receiver);
      const first = received[0]?.sequenceNumber ?? 0;
      received.forEach((got, i) => {
        const sent = packet(i, startMs);
        expect(got.payload.equals(sent.payload)).toBe(true);
        expect([got.ssrc, got.payloadType]).toEqual([streams[speaker]?.ssrc, streams[speaker]?.payloadType]);
        expect([got.rtpTimestamp, got.marker]).toEqual([sent.rtpTimestamp, sent.marker]);
        expect(got.sequenceNumber).toBe((first + i) & 0xffff);
        expect(Math.abs((got.captureAtMs ?? 0) - sent.captureAtMs)).toBeLessThan(0.001);
      });
      expect(receiver.rejected).toBe(0);
    });
    const stats = await distributor.stats();
    expect(stats.workers.map((worker) => worker.speakers).sort()).toEqual([1, 2]);
    expect(stats.packetsDropped).toBe(0);
  });

  it('reaches both families through one dual-stack socket', async () => {
    await startDistributor(1, { ipv4: '0.0.0.0', ipv6: '::' });
    const grant = await distributor.attachSpeaker('SPK-1', { families: ['ipv6', 'ipv4'], reachedAt: '127.0.0.1' });
    expect(grant.addresses[0]).toMatchObject({ family: 'ipv4', ip: '127.0.0.1' });
    const receiver = await createSrtpReceiver(grant, 'ipv4');
    receivers.push(receiver);
    receiver.open();
    await until('the first pilot', () => receiver.packets.length > 0);
    expect(receiver.packets[0]?.captureAtMs).toBeDefined();
  });

  it('answers a NACK with the same packet', async () => {
    await startDistributor(1);
    const receiver = await attach('SPK-1');
    const channel = await distributor.openChannel({ channelId: 'one', class: 'normal' });
    const { ssrc } = await channel.addSpeaker('SPK-1');
    const startMs = clock.nowMs();
    for (let i = 0; i < 20; i++) channel.send(packet(i, startMs));
    await until('everything arrived', () => programme(receiver).length === 20);
    const wanted = [programme(receiver)[4], programme(receiver)[9]];
    receiver.nack(
      ssrc,
      wanted.map((lost) => lost?.sequenceNumber ?? 0),
    );
    await until('both came again', () => programme(receiver).length === 22);
    const again = programme(receiver).slice(20);
    expect(again.map((got) => got.sequenceNumber).sort()).toEqual(wanted.map((lost) => lost?.sequenceNumber).sort());
    for (const got of again) {
      const original = wanted.find((lost) => lost?.sequenceNumber === got.sequenceNumber);
      expect([got.payload, got.captureAtMs, got.rtpTimestamp, got.ssrc]).toEqual([
        original?.payload,
        original?.captureAtMs,
        original?.rtpTimestamp,
        ssrc,
      ]);
    }
  });

  it('answers a NACK for what was sent six seconds ahead of its sound', async () => {
    await startDistributor(1);
    const receiver = await attach('SPK-1');
    const channel = await distributor.openChannel({ channelId: 'one', class: 'emergency' });
    const { ssrc } = await channel.addSpeaker('SPK-1');
    const startMs = clock.nowMs();
    const count = 6000 / 20 + 1;
    for (let i = 0; i < count; i++) {
      channel.send(packet(i, startMs));
      // In pieces that fit into the kernel's buffers.
      if (i % 50 === 49) await until('the piece arrived', () => programme(receiver).length === i + 1);
    }
    await until('everything arrived', () => programme(receiver).length === count);
    const first = programme(receiver)[0];
    receiver.nack(ssrc, [first?.sequenceNumber ?? 0]);
    await until('it came again', () => programme(receiver).length === count + 1);
    expect(programme(receiver).at(-1)?.rtpTimestamp).toBe(first?.rtpTimestamp);
  });

  it('is joined in its midst, and left', async () => {
    await startDistributor(1);
    const early = await attach('SPK-1');
    const late = await attach('SPK-2');
    const channel = await distributor.openChannel({ channelId: 'one', class: 'normal' });
    const [first, again] = [await channel.addSpeaker('SPK-1'), await channel.addSpeaker('SPK-1')];
    expect(again).toEqual(first);
    const startMs = clock.nowMs();
    for (let i = 0; i < 10; i++) channel.send(packet(i, startMs));
    await until('the first ten', () => programme(early).length === 10);
    await channel.addSpeaker('SPK-2');
    channel.removeSpeaker('SPK-1');
    for (let i = 10; i < 20; i++) channel.send(packet(i, startMs));
    await until('the second ten', () => programme(late).length === 10);
    expect(programme(early)).toHaveLength(10);
    expect(programme(late)[0]?.captureAtMs).toBeCloseTo(startMs + 200, 2);
    channel.close();
    channel.send(packet(20, startMs));
    await expect(channel.addSpeaker('SPK-1')).rejects.toMatchObject({ code: 'distribution.speaker_left' });
    await expect((await distributor.openChannel({ channelId: 'two', class: 'live' })).addSpeaker('SPK-9')).rejects.toMatchObject({
      code: 'distribution.not_attached',
    });
  });
});

describe('a path', () => {
  it('opens only for a packet that its key protects', async () => {
    await startDistributor(1);
    const grant = await distributor.attachSpeaker('SPK-1', { families: ['ipv4'] });
    const stranger = await createSrtpReceiver({ ...grant, speakerKey: Buffer.alloc(28).toString('base64') });
    const speaker = await createSrtpReceiver(grant);
    receivers.push(stranger, speaker);
    for (let i = 0; i < 5; i++) stranger.open();
    await clock.sleep(200);
    expect(distributor.isPathOpen('SPK-1')).toBe(false);
    speaker.open();
    await until('open', () => distributor.isPathOpen('SPK-1'));
    await until('the first pilot', () => speaker.packets.length > 0);
    expect(stranger.packets).toHaveLength(0);
    expect(speaker.packets[0]?.payload.length).toBeLessThanOrEqual(2);
  });

  it('gets its first pilot while an emergency still plays that was sent ahead', async () => {
    await startDistributor(1);
    await attach('SPK-1');
    const startMs = clock.nowMs();
    for (let i = 0; i < 40; i++) distributor.emergencyChannel().send(packet(i, startMs + 6000));
    const speaker = await attach('SPK-2');
    await until('the first pilot', () => speaker.packets.length > 0);
    expect(clock.nowMs()).toBeLessThan(startMs + 6000);
  });

  it('stays its speaker’s own, whatever shape a stranger’s datagrams have', async () => {
    await startDistributor(1);
    const grant = await distributor.attachSpeaker('SPK-1', { families: ['ipv4'] });
    const [address] = grant.addresses;
    const stranger = createSocket('udp4').bind(0, '127.0.0.1');
    await once(stranger, 'listening');
    let caught = 0;
    stranger.on('message', () => caught++);
    // The first byte says STUN, DTLS, SRTP, SRTCP (with the second), or nothing at all.
    for (const first of [0, 1, 20, 63, 64, 100, 128, 144, 191, 192, 255]) {
      for (const second of [0, 100, 200, 201, 205, 228]) {
        for (const bytes of [1, 4, 8, 12, 16, 28, 64, 1200]) {
          stranger.send(Buffer.concat([Buffer.from([first, second]), Buffer.alloc(bytes)]).subarray(0, bytes), address?.port, address?.ip);
        }
      }
    }
    const speaker = await createSrtpReceiver(grant);
    receivers.push(speaker);
    await until('the speaker is heard', () => {
      speaker.open();
      return distributor.isPathOpen('SPK-1');
    });
    for (let i = 0; i < 20; i++) distributor.emergencyChannel().send(packet(i, clock.nowMs()));
    await until('the speaker has all', () => programme(speaker).length === 20);
    expect(caught).toBe(0);
    stranger.close();
  });

  it('is granted under the public address, too, and a browser is told it beside our own', async () => {
    await startDistributor(1, { ipv4: '127.0.0.1', ipv6: '::1' }, '203.0.113.9');
    const grant = await distributor.attachSpeaker('SPK-1', { families: ['ipv4'], reachedAt: '127.0.0.1' });
    expect(grant.addresses.map(({ ip }) => ip)).toEqual(['127.0.0.1', '203.0.113.9']);
    const { transport } = await distributor.openMicrophone('00000000-0000-4000-8000-000000000001');
    const udp = transport.iceCandidates.filter(({ protocol }) => protocol === 'udp');
    expect(udp.map(({ address }) => address)).toEqual(['127.0.0.1', '::1', '203.0.113.9']);
    expect(udp[2]?.port).toBe(udp[0]?.port);
  });

  it('is not granted under a public address that only this machine understands', async () => {
    await startDistributor(1, { ipv4: '0.0.0.0', ipv6: '::' }, 'localhost');
    const { addresses } = await distributor.attachSpeaker('SPK-1', { families: ['ipv4'], reachedAt: '192.0.2.5' });
    expect(addresses.map(({ ip }) => ip)).toEqual(['192.0.2.5']);
  });

  it('is replaced with other keys, and the old one is dead', async () => {
    await startDistributor(1);
    const before = await attach('SPK-1');
    const channel = await distributor.openChannel({ channelId: 'one', class: 'normal' });
    await channel.addSpeaker('SPK-1');
    const after = await attach('SPK-1');
    expect(channel.streams().size).toBe(0);
    await channel.addSpeaker('SPK-1');
    channel.send(packet(0, clock.nowMs()));
    await until('the packet', () => programme(after).length === 1);
    expect(programme(before)).toHaveLength(0);
    distributor.detachSpeaker('SPK-1');
    expect([distributor.isAttached('SPK-1'), channel.streams().size, distributor.emergencyChannel().streams().size]).toEqual([false, 0, 0]);
  });

  it('survives many attachments at once of the same speaker: the last one counts', async () => {
    await startDistributor(2);
    const grants = await Promise.all(Array.from({ length: 8 }, () => distributor.attachSpeaker('SPK-1', { families: ['ipv4'] })));
    const last = grants.at(-1);
    if (!last) throw new Error('no grant');
    const receiver = await createSrtpReceiver(last);
    receivers.push(receiver);
    receiver.open();
    await until('open', () => distributor.isPathOpen('SPK-1'));
    distributor.emergencyChannel().send(packet(0, clock.nowMs()));
    await until('the packet', () => programme(receiver).length === 1);
    expect((await distributor.stats()).workers.reduce((sum, worker) => sum + worker.speakers, 0)).toBe(1);
  });
});

describe('an emergency', () => {
  it('flows to every attached speaker without any set-up', async () => {
    await startDistributor(2);
    const all = await Promise.all(['SPK-1', 'SPK-2', 'SPK-3', 'SPK-4'].map((speakerId) => attach(speakerId)));
    const emergency = distributor.emergencyChannel();
    expect(emergency.streams().size).toBe(4);
    const startMs = clock.nowMs();
    for (let i = 0; i < 10; i++) emergency.send(packet(i, startMs));
    await until('everywhere', () => all.every((receiver) => programme(receiver).length === 10));
    emergency.close();
    emergency.send(packet(10, startMs));
    await until('the standing channel cannot be closed', () => all.every((receiver) => programme(receiver).length === 11));
  });
});

describe('a worker that is killed while it sends', () => {
  it('is replaced, its speakers are told, and the channels go on', async () => {
    await startDistributor(1);
    const lost: string[][] = [];
    distributor.onPathsLost((speakerIds) => lost.push([...speakerIds]));
    await attach('SPK-1');
    await attach('SPK-2');
    const channel = await distributor.openChannel({ channelId: 'one', class: 'normal' });
    await channel.addSpeaker('SPK-1');
    const pid = (await distributor.stats()).workers[0]?.pid ?? 0;
    const startMs = clock.nowMs();
    let index = 0;
    const sending = clock.every('packets', 5, () => channel.send(packet(index++, startMs)));
    await clock.sleep(100);
    process.kill(pid, 'SIGKILL');
    await until('the loss was told', () => lost.length > 0);
    expect(lost).toEqual([['SPK-1', 'SPK-2']]);
    expect([channel.streams().size, distributor.isAttached('SPK-1'), distributor.isPathOpen('SPK-2')]).toEqual([0, false, false]);
    const receiver = await attach('SPK-1');
    await channel.addSpeaker('SPK-1');
    await until('sound again', () => programme(receiver).length > 5);
    sending.cancel();
    expect(conditions.map((condition) => condition.state)).toEqual(['raised', 'cleared']);
    expect(conditions[0]?.vi).not.toBe('');
    const stats = await distributor.stats();
    expect(await registry.metrics()).toContain('loa_xa_distribution_worker_deaths_total 1');
    expect([stats.workerDeaths, stats.workers.length, stats.workers[0]?.pid === pid]).toEqual([1, 1, false]);
  });

  it('makes a speaker that attaches meanwhile wait, not fail', async () => {
    await startDistributor(1);
    process.kill((await distributor.stats()).workers[0]?.pid ?? 0, 'SIGKILL');
    await until('the death is known', () => conditions.length > 0);
    await attach('SPK-1');
    expect(distributor.emergencyChannel().streams().size).toBe(1);
  });

  it('is left alone when it was stopped for three seconds: no path is lost, and what was sent meanwhile arrives', async () => {
    await startDistributor(1);
    const receiver = await attach('SPK-1');
    const channel = await distributor.openChannel({ channelId: 'one', class: 'emergency' });
    await channel.addSpeaker('SPK-1');
    const pid = (await distributor.stats()).workers[0]?.pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    const startMs = clock.nowMs();
    for (let i = 0; i < 30; i++) {
      channel.send(packet(i, startMs));
      await clock.sleep(100);
    }
    process.kill(pid, 'SIGCONT');
    await until('all of it', () => programme(receiver).length === 30);
    expect([conditions, (await distributor.stats()).workers[0]?.pid]).toEqual([[], pid]);
  });

  it('is told to go on when nobody else does', async () => {
    await startDistributor(1);
    const receiver = await attach('SPK-1');
    const pid = (await distributor.stats()).workers[0]?.pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    distributor.emergencyChannel().send(packet(0, clock.nowMs()));
    await until('the packet', () => programme(receiver).length === 1);
    expect([conditions, distributor.isPathOpen('SPK-1')]).toEqual([[], true]);
  });

  it('is replaced when it stays stopped, and who waited for it is refused', async () => {
    await startDistributor(1);
    await attach('SPK-1');
    const channel = await distributor.openChannel({ channelId: 'one', class: 'normal' });
    const pid = (await distributor.stats()).workers[0]?.pid ?? 0;
    const { kill } = process;
    // Whatever holds it does not let it go on.
    const held = vi.spyOn(process, 'kill').mockImplementation((id, name) => name === 'SIGCONT' || kill.call(process, id, name));
    process.kill(pid, 'SIGSTOP');
    await expect(channel.addSpeaker('SPK-1')).rejects.toMatchObject({ code: 'distribution.worker_lost' });
    await until('it is replaced', () => conditions.length === 2);
    held.mockRestore();
    expect(conditions.map((condition) => condition.state)).toEqual(['raised', 'cleared']);
    expect(isAlive(pid)).toBe(false);
    await attach('SPK-1');
    await channel.addSpeaker('SPK-1');
  });

  it('counts as alive while it stands still, and keeps nobody from the figures', async () => {
    await startDistributor(1);
    const health = createHealth({ clock });
    health.register('media', 'air', async () => (await distributor.stats()).workers.length > 0);
    const pid = (await distributor.stats()).workers[0]?.pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    const [report, figures] = await Promise.all([health.report(), registry.metrics()]);
    process.kill(pid, 'SIGCONT');
    expect(report).toMatchObject({ live: true, checks: { media: { state: 'ok' } } });
    expect(figures).toMatch(/^loa_xa_distribution_worker_cpu_seconds\{pid="\d+",mode="user"\} /m);
  });

  it('does not keep the distributor from closing when it hangs', async () => {
    await startDistributor(1);
    const pid = (await distributor.stats()).workers[0]?.pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    await distributor.close();
    expect(isAlive(pid)).toBe(false);
  });

  it('leaves no process behind when the distributor is closed', async () => {
    await startDistributor(2);
    const pids = (await distributor.stats()).workers.map((worker) => worker.pid);
    await distributor.close();
    await distributor.close();
    await until('all gone', () => pids.every((pid) => !isAlive(pid)));
  });
});

describe('the speaker too many', () => {
  it('is refused in words, the others keep their paths and their emergency, and it gets the place that becomes free', async () => {
    await startDistributor(2, undefined, undefined, { maxPathsPerWorker: 2 });
    const all = await Promise.all(['SPK-1', 'SPK-2', 'SPK-3', 'SPK-4'].map((speakerId) => attach(speakerId)));
    await expect(distributor.attachSpeaker('SPK-5', { families: ['ipv4'] })).rejects.toMatchObject({ code: 'distribution.full' });
    expect(conditions.map(({ code, state }) => [code, state])).toEqual([['distribution.full', 'raised']]);
    // Who is there may take a new path, and is not turned away.
    all[0] = await attach('SPK-1');
    distributor.emergencyChannel().send(packet(0, clock.nowMs()));
    await until('everywhere', () => all.every((receiver) => programme(receiver).length === 1));
    distributor.detachSpeaker('SPK-2');
    await attach('SPK-5');
    // Microphones are no speakers.
    await distributor.openMicrophone('00000000-0000-4000-8000-000000000001');
  });
});

describe('250 speakers', () => {
  it('are attached and put on a channel in a moment, spread over the workers', async () => {
    await startDistributor(2);
    const speakerIds = Array.from({ length: 250 }, (_, i) => `SPK-${i}`);
    await Promise.all(speakerIds.map((speakerId) => distributor.attachSpeaker(speakerId, { families: ['ipv4'] })));
    const channel = await distributor.openChannel({ channelId: 'one', class: 'normal' });
    const startMs = clock.monotonicMs();
    await Promise.all(speakerIds.map((speakerId) => channel.addSpeaker(speakerId)));
    const tookMs = clock.monotonicMs() - startMs;
    expect(new Set([...channel.streams().values()].map((stream) => stream.ssrc)).size).toBe(250);
    expect((await distributor.stats()).workers.map((worker) => worker.speakers)).toEqual([125, 125]);
    // About 0.25 s on an idle machine; the limit only tells a request for each from a wait for each.
    expect(tookMs).toBeLessThan(10_000);
  });
});
