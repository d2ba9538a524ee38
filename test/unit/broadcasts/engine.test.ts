import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { defaultLatestStartMs } from '../../../controller/broadcasts/contender.ts';
import { BroadcastEngine } from '../../../controller/broadcasts/engine.ts';
import type { BroadcastRecord } from '../../../controller/broadcasts/record.ts';
import { TestClock } from '../../../controller/clock.ts';
import { AppError } from '../../../controller/errors.ts';
import { type AppEvents, createEvents } from '../../../controller/events.ts';
import type { BroadcastClass } from '../../../controller/protocol/broadcast-class.ts';
import { createFakeAir, type FakeAir } from '../../support/fake-air.ts';
import { createFakeSpeakerDirectory, type FakeSpeakerDirectory } from '../../support/fake-speaker-directory.ts';
import { createMemoryDistributor, type MemoryDistributor } from '../../support/memory-distributor.ts';

const CLUSTERS = ['ap-01-c1', 'ap-01-c2', 'ap-02-c1'];
const logger = pino({ level: 'silent' });

let clock: TestClock;
let air: FakeAir;
let distributor: MemoryDistributor;
let speakers: FakeSpeakerDirectory;
let engine: BroadcastEngine;
let over: BroadcastRecord[];
let notes: string[];
let conditions: AppEvents['system.condition'][];
let statuses: string[];
let count: number;

beforeEach(() => {
  clock = new TestClock();
  build();
});

function build(): void {
  air = createFakeAir(clock);
  distributor = createMemoryDistributor();
  speakers = createFakeSpeakerDirectory(CLUSTERS);
  over = [];
  notes = [];
  conditions = [];
  statuses = [];
  count = 0;
  const events = createEvents((_, error) => {
    throw error;
  });
  events.on('system.condition', (fact) => conditions.push(fact));
  events.on('broadcast.changed', ({ broadcast }) => {
    const line = `${broadcast.title} ${broadcast.status}`;
    if (statuses.at(-1) !== line) statuses.push(line);
  });
  engine = new BroadcastEngine({
    air,
    distributor,
    speakers,
    clock,
    events,
    logger,
    journal: { patch: () => undefined, note: (_, kind) => void notes.push(kind) },
    isEverything: (clusterIds) => clusterIds.length === CLUSTERS.length,
    onStarted: () => undefined,
    onSentSound: () => undefined,
    onSent: () => undefined,
    onOver: (record) => over.push(record),
  });
  engine.start();
}

/** A speaker connects and gets its media path. */
async function connect(clusterId: string) {
  return engine.channels.grant(speakers.connect(clusterId), ['ipv4']);
}

function broadcast(title: string, broadcastClass: BroadcastClass, more: Partial<BroadcastRecord> = {}): BroadcastRecord {
  count += 1;
  return {
    broadcastId: `00000000-0000-4000-8000-00000000000${count}`,
    title,
    class: broadcastClass,
    content: { kind: 'bulletin', bulletinId: '00000000-0000-4000-8000-0000000000b1', repeat: 1, pauseMs: 0 },
    targets: { everything: true },
    clusterIds: CLUSTERS,
    status: 'preparing',
    startsAtMs: clock.nowMs(),
    startedAtMs: null,
    endedAtMs: null,
    durationMs: 20_000,
    positionMs: 0,
    onPreempted: 'resume',
    preemptedBy: null,
    gainDb: 0,
    chime: false,
    emergencyKind: null,
    attention: null,
    messageMs: null,
    latestStartMs: defaultLatestStartMs(broadcastClass),
    origin: 'console',
    requestedBy: null,
    requestedByName: 'Chị Hoa',
    endReason: null,
    passes: [],
    makesUpFor: null,
    validForMs: null,
    ...more,
  };
}

const take = (record: BroadcastRecord, masterMs = 20_000, isResumed = false): void =>
  engine.take(record, { masterPath: `/masters/${masterMs}`, isResumed });

describe('a recording, started by hand', () => {
  it('opens a channel with one delay for all, sounds a second later, and is over when the last sound is', async () => {
    for (const clusterId of CLUSTERS) await connect(clusterId);
    const record = broadcast('Tin', 'normal');
    take(record);
    await clock.advance(0);
    expect(speakers.sent('ap-02-c1')).toMatchObject([
      { type: 'channel.open', channel: { channelId: record.broadcastId, class: 'normal', playoutDelayMs: 1000, standing: false } },
    ]);
    expect(air.runs).toHaveLength(1);
    expect(statuses).toEqual([]);
    await clock.advance(1000);
    expect(statuses).toEqual(['Tin on_air']);
    expect(record.startedAtMs).toBe(record.startsAtMs + 1000);
    await clock.advance(10_000);
    expect(engine.summary(record).positionMs).toBeCloseTo(10_000, -2);
    await clock.advance(9990);
    expect(over).toEqual([]);
    await clock.advance(20);
    expect(over).toMatchObject([{ status: 'finished', positionMs: 20_000, endReason: null }]);
    expect(distributor.channels.at(-1)?.closed).toBe(true);
    expect(speakers.sent('ap-02-c1').at(-1)).toEqual({ type: 'channel.close', channelId: record.broadcastId, immediately: false });
  });

  it('begins no sooner than the slowest amplifier is awake; an emergency waits for none', async () => {
    for (const clusterId of CLUSTERS) await connect(clusterId);
    speakers.setWakeUp('ap-02-c1', 1500);
    const record = broadcast('Tin', 'normal');
    take(record);
    await clock.advance(0);
    expect(speakers.sent('ap-02-c1').at(-1)).toMatchObject({ type: 'channel.open', channel: { playoutDelayMs: 1000 } });
    expect(air.runs[0]?.request.startAtMs).toBe(record.startsAtMs + 1750 - 1000);
    await clock.advance(1740);
    expect(statuses).toEqual([]);
    await clock.advance(10);
    expect(statuses).toEqual(['Tin on_air']);
    expect(record.startedAtMs).toBe(record.startsAtMs + 1750);
    const part = broadcast('Lũ', 'emergency', { clusterIds: ['ap-02-c1'] });
    take(part);
    await clock.advance(0);
    expect(part.startedAtMs).toBeLessThanOrEqual(part.startsAtMs + 1000);
  });

  it('does not wait again for amplifiers that it had woken up before it was pre-empted, nor for those woken ahead of a set instant', async () => {
    await connect('ap-01-c1');
    speakers.setWakeUp('ap-01-c1', 1500);
    const record = broadcast('Năm giờ', 'normal', { startsAtMs: clock.nowMs() + 8000 });
    take(record);
    await clock.advance(10_000);
    expect(record.startedAtMs).toBe(record.startsAtMs);
    const flood = broadcast('Lũ', 'emergency', { durationMs: 3000 });
    take(flood, 3000);
    await clock.advance(3500);
    expect(flood.status).toBe('finished');
    const resumed = air.runs.findLast((run) => run.broadcastId === record.broadcastId);
    expect(resumed?.startsAtMs).toBeLessThanOrEqual((flood.endedAtMs ?? 0) + 10);
  });

  it('falls silent at once when it is stopped', async () => {
    await connect('ap-01-c1');
    const record = broadcast('Tin', 'normal');
    take(record);
    await clock.advance(5000);
    engine.conclude(record, 'stopped', { code: 'x', vi: 'x', en: 'x' });
    await clock.advance(0);
    expect(air.runs[0]?.isOver).toBe(true);
    expect(speakers.sent('ap-01-c1').at(-1)).toMatchObject({ type: 'channel.close', immediately: true });
    expect(record.positionMs).toBeCloseTo(4000, -1);
    await clock.advance(60_000);
    expect(over).toHaveLength(1);
  });
});

describe('a recording at a set instant', () => {
  it('captures its first sample so early that it sounds at that instant exactly', async () => {
    await connect('ap-01-c1');
    speakers.setDelay('normal', 'ap-01', 1400);
    const record = broadcast('Năm giờ', 'normal', { startsAtMs: clock.nowMs() + 8000 });
    take(record);
    await clock.advance(7999);
    expect(air.runs[0]?.request.startAtMs).toBe(record.startsAtMs - 1400);
    expect(statuses).toEqual([]);
    await clock.advance(1);
    expect(statuses).toEqual(['Năm giờ on_air']);
    expect(record.startedAtMs).toBe(record.startsAtMs);
  });

  it('opens a station as soon as it is taken, long before it sounds', async () => {
    await connect('ap-01-c1');
    const content = { kind: 'relay' as const, url: 'http://example.org/a', durationMs: 60_000 };
    const record = broadcast('Tiếp âm', 'relay', { content, startsAtMs: clock.nowMs() + 10_000 });
    take(record);
    await clock.advance(10_000);
    expect(air.runs[0]?.source.made).toMatchObject({ broadcastId: record.broadcastId, preparedAtMs: record.startsAtMs - 10_000 });
    expect(air.runs[0]?.startsAtMs).toBe(record.startsAtMs - 1000);
  });

  it('opens a station that was on the air when the controller went down before the speakers are back; it ends at its hour', async () => {
    const content = { kind: 'relay' as const, url: 'http://example.org/a', durationMs: 60_000 };
    const startedAtMs = clock.nowMs() - 20_000;
    take(broadcast('Tiếp âm', 'relay', { content, status: 'on_air', startedAtMs, startsAtMs: startedAtMs }), 20_000, true);
    const downMs = clock.nowMs();
    await clock.advance(2000);
    for (const clusterId of CLUSTERS) await connect(clusterId);
    await clock.advance(1000);
    expect(air.runs[0]?.source.made).toMatchObject({ preparedAtMs: downMs, hasBegun: true, endsAtMs: startedAtMs + 60_000 });
  });

  it('is missed when the machine slept over it', async () => {
    await connect('ap-01-c1');
    const record = broadcast('Năm giờ', 'normal', { startsAtMs: clock.nowMs() + 8000 });
    take(record);
    await clock.advance(1000);
    clock.step(4 * 3_600_000);
    await clock.advance(1000);
    expect(record).toMatchObject({ status: 'missed', endReason: { code: 'air.too_late' } });
    expect(air.runs).toEqual([]);
  });

  it('has the rest of its tolerance, not a new one, when it comes late', async () => {
    const record = broadcast('Năm giờ', 'normal', { startsAtMs: clock.nowMs() - 500_000, latestStartMs: 600_000 });
    take(record);
    await clock.advance(99_000);
    expect(over).toEqual([]);
    await clock.advance(2000);
    expect(over).toMatchObject([{ status: 'failed', endReason: { code: 'air.nobody_connected' } }]);
  });

  it('lets a lower one sound until then, and that one goes on where it was cut off', async () => {
    await connect('ap-01-c1');
    const news = broadcast('Tin', 'normal');
    take(news, 60_000);
    await clock.advance(10_000);
    const priority = broadcast('Ưu tiên', 'priority', { startsAtMs: clock.nowMs() + 5000 });
    take(priority, 5000);
    await clock.advance(4900);
    expect(air.runs[0]?.isOver).toBe(true);
    await clock.advance(100);
    // 15 s of the clock, of which the first second was the playout delay; it goes on one second earlier than it stopped.
    expect(news.positionMs).toBeCloseTo(13_000, -2);
    expect(news.status).toBe('preempted');
    expect(news.preemptedBy).toBe(priority.broadcastId);
    await clock.advance(5100);
    expect(over).toEqual([priority]);
    expect(air.runs.at(-1)).toMatchObject({ broadcastId: news.broadcastId, request: { skipMs: news.positionMs } });
    await clock.advance(1000);
    expect(statuses).toEqual(['Tin on_air', 'Tin preempted', 'Ưu tiên on_air', 'Ưu tiên finished', 'Tin on_air']);
  });
});

describe('a clock whose timers fire a fraction of a millisecond early', () => {
  /** As the system's clock may: asked twice, it is before the instant and then after it. */
  class EarlyClock extends TestClock {
    readonly earlyReads: number;
    atMs = 0;
    reads = 0;
    constructor(earlyReads: number) {
      super();
      this.earlyReads = earlyReads;
    }
    override nowMs(): number {
      this.reads = this.atMs === super.nowMs() ? this.reads + 1 : 1;
      this.atMs = super.nowMs();
      return this.atMs + (this.reads <= this.earlyReads ? -0.2 : 0.2);
    }
  }

  it.each([1, 2, 3, 4])('does not lose the start of a scheduled broadcast (%i early readings)', async (earlyReads) => {
    clock = new EarlyClock(earlyReads);
    build();
    await connect('ap-01-c1');
    const record = broadcast('Năm giờ', 'normal', { startsAtMs: clock.nowMs() + 5000 });
    take(record);
    await clock.advance(5010);
    expect(record.status).toBe('on_air');
  });
});

describe('a pause that waits for the sound of what takes over', () => {
  /** The priority's amplifiers need two seconds: until then the news is due at the speakers. */
  async function resumedInThePause(): Promise<{ news: BroadcastRecord; sounding: () => number }> {
    for (const clusterId of CLUSTERS) await connect(clusterId);
    const news = broadcast('Tin', 'normal');
    take(news, 60_000);
    await clock.advance(10_000);
    speakers.setWakeUp('ap-02-c1', 3000);
    const priority = broadcast('Ưu tiên', 'priority');
    take(priority, 5000);
    await clock.advance(100);
    expect([news.status, air.runs[0]?.isOver]).toEqual(['preempted', false]);
    engine.conclude(priority, 'stopped', { code: 'x', vi: 'x', en: 'x' });
    await clock.advance(100);
    return { news, sounding: () => air.runs.filter((run) => run.broadcastId === news.broadcastId && !run.isOver).length };
  }

  it('does not let it sound afterwards when it was resumed and pre-empted again meanwhile', async () => {
    const { news, sounding } = await resumedInThePause();
    const flood = broadcast('Lũ', 'emergency');
    take(flood, 10_000);
    await clock.advance(5000);
    expect([flood.status, news.status, sounding()]).toEqual(['on_air', 'preempted', 0]);
    await clock.advance(10_000);
    expect([flood.status, news.status, sounding()]).toEqual(['finished', 'on_air', 1]);
  });

  it('lets it go on once, however often it was pre-empted and resumed meanwhile', async () => {
    const { news, sounding } = await resumedInThePause();
    const fire = broadcast('Cháy', 'emergency');
    take(fire, 10_000);
    await clock.advance(50);
    engine.conclude(fire, 'stopped', { code: 'x', vi: 'x', en: 'x' });
    await clock.advance(5000);
    expect([news.status, sounding(), air.runs.filter((run) => run.broadcastId === news.broadcastId).length]).toEqual(['on_air', 1, 2]);
  });

  it('ends what can’t go on after it, in words', async () => {
    const { news } = await resumedInThePause();
    const recordedSource = air.recordedSource;
    air.recordedSource = () => {
      throw new Error('the master is gone');
    };
    await clock.advance(5000);
    air.recordedSource = recordedSource;
    expect(news).toMatchObject({ status: 'failed', endReason: { code: 'air.defect' } });
  });
});

describe('an emergency', () => {
  it('to everything: the sound is sent before anything else happens, on the standing channel', async () => {
    for (const clusterId of CLUSTERS) await connect(clusterId);
    const news = broadcast('Tin', 'normal');
    take(news, 60_000);
    await clock.advance(10_000);
    const flood = broadcast('Lũ', 'emergency');
    take(flood, 5000);
    expect(air.runs.at(-1)?.request.channel).toBe(distributor.emergencyChannel());
    expect(flood.status).toBe('on_air');
    expect(flood.startedAtMs).toBe(clock.nowMs() + 200);
    expect(speakers.sent('ap-02-c1').at(-1)).toMatchObject({
      type: 'channel.change',
      channelId: 'emergency',
      broadcastId: flood.broadcastId,
      playoutDelayMs: 200,
    });
    expect(news.status).toBe('preempted');
    await clock.advance(5300);
    expect(over).toEqual([flood]);
    expect(speakers.sent('ap-02-c1').at(-1)).toMatchObject({ type: 'channel.change', channelId: 'emergency', broadcastId: null });
    await clock.advance(60_000);
    expect(over.map((record) => `${record.title} ${record.status}`)).toEqual(['Lũ finished', 'Tin finished']);
    expect(distributor.emergencyChannel().streams().size).toBe(3);
  });

  it('to a part: gets a channel of its own, and the others hear the news on', async () => {
    for (const clusterId of CLUSTERS) await connect(clusterId);
    const news = broadcast('Tin', 'normal');
    take(news, 30_000);
    await clock.advance(5000);
    const fire = broadcast('Cháy', 'emergency', { clusterIds: ['ap-02-c1'] });
    take(fire, 3000);
    await clock.advance(300);
    expect(fire.status).toBe('on_air');
    expect(engine.summary(news)).toMatchObject({ status: 'on_air', heldOffClusterIds: ['ap-02-c1'] });
    expect(speakers.sent('ap-02-c1').map((message) => message.type)).toEqual(['channel.open', 'channel.open']);
    expect(speakers.sent('ap-01-c1').map((message) => message.type)).toEqual(['channel.open']);
    await clock.advance(30_000);
    expect(air.runs).toHaveLength(2);
    expect(over.map((record) => record.title)).toEqual(['Cháy', 'Tin']);
  });

  it('sounds although nobody is connected, and says that nobody hears it', async () => {
    const flood = broadcast('Lũ', 'emergency', { clusterIds: ['ap-01-c1'] });
    take(flood, 30_000);
    await clock.advance(7000);
    expect(flood.status).toBe('on_air');
    expect(conditions).toMatchObject([{ code: 'air.nobody_hears', state: 'raised' }]);
    await connect('ap-01-c1');
    speakers.report('ap-01-c1', flood.broadcastId);
    await clock.advance(1000);
    expect(conditions.at(-1)).toMatchObject({ code: 'air.nobody_hears', state: 'cleared' });
    expect(engine.summary(flood).hearingClusters).toBe(1);
  });

  it('a second one to everything 80 ms later ends the first, which does not sound again by itself; both are told', async () => {
    await connect('ap-01-c1');
    const flood = broadcast('Lũ', 'emergency');
    take(flood, 20_000);
    await clock.advance(80);
    const fire = broadcast('Cháy', 'emergency', { requestedByName: 'Anh Ba' });
    take(fire, 3000);
    const taken = { broadcastId: flood.broadcastId, title: 'Lũ', requestedBy: 'Chị Hoa' };
    expect(engine.summary(fire).tookOver).toMatchObject([{ ...taken, isOver: false }]);
    await clock.advance(1000);
    expect([flood.status, fire.status]).toEqual(['cut', 'on_air']);
    expect(flood.endReason).toMatchObject({ code: 'air.replaced', vi: expect.stringContaining('‘Cháy’ (Anh Ba)') });
    expect(engine.summary(fire).tookOver).toMatchObject([{ ...taken, isOver: true }]);
    // What was sent ahead of it is not heard after a shorter one.
    expect(distributor.channels[0]?.flushes).toHaveLength(1);
    await clock.advance(60_000);
    expect(over.map((record) => `${record.title} ${record.status}`)).toEqual(['Lũ cut', 'Cháy finished']);
    expect(air.runs).toHaveLength(2);
  });
});

describe('speakers that come and go', () => {
  it('one that connects in the middle gets every channel on which it belongs', async () => {
    await connect('ap-01-c1');
    const record = broadcast('Tin', 'normal', { clusterIds: ['ap-01-c1', 'ap-01-c2'] });
    take(record);
    await clock.advance(5000);
    const grant = await connect('ap-01-c2');
    expect(grant.channels.map((channel) => [channel.channelId, channel.broadcastId, channel.standing])).toEqual([
      ['emergency', null, true],
      [record.broadcastId, record.broadcastId, false],
    ]);
    expect((await connect('ap-02-c1')).channels).toHaveLength(1);
  });

  it('one whose path died with a media worker is granted a new one at once', async () => {
    const speakerId = speakers.connect('ap-01-c1');
    await engine.channels.grant(speakerId, ['ipv6', 'ipv4']);
    const record = broadcast('Tin', 'normal');
    take(record);
    await clock.advance(2000);
    distributor.losePaths([speakerId], 'worker died');
    await clock.advance(0);
    expect(speakers.sent('ap-01-c1').at(-1)).toMatchObject({ type: 'media.setup', grant: { addresses: [{ family: 'ipv6' }] } });
    const last = speakers.sent('ap-01-c1').at(-1);
    expect(last?.type === 'media.setup' && last.grant.channels.map((channel) => channel.channelId)).toEqual([
      'emergency',
      record.broadcastId,
    ]);
  });

  it('a recording waits for the first of them, gathers the others a second, and gives up when its patience ends', async () => {
    const waiting = broadcast('Tin', 'normal', { latestStartMs: 60_000 });
    take(waiting);
    await clock.advance(30_000);
    expect(air.runs).toHaveLength(0);
    await connect('ap-01-c1');
    await clock.advance(999);
    expect(air.runs).toHaveLength(0);
    await clock.advance(1);
    expect(air.runs).toHaveLength(1);
    await clock.advance(60_000);
    expect(waiting.status).toBe('finished');

    speakers.disconnect('ap-01-c1');
    engine.channels.release('LX-AP-01-C1');
    const alone = broadcast('Không ai nghe', 'normal', { latestStartMs: 60_000 });
    take(alone);
    await clock.advance(60_000);
    expect(alone).toMatchObject({ status: 'failed', endReason: { code: 'air.nobody_connected' } });
  });

  it('a recording that waited goes on as soon as the last of them hears it: nobody else is to come', async () => {
    take(broadcast('Tin', 'normal', { latestStartMs: 60_000 }));
    await clock.advance(3000);
    for (const clusterId of CLUSTERS) await connect(clusterId);
    for (const clusterId of CLUSTERS.slice(1)) distributor.openPath(`LX-${clusterId.toUpperCase()}`);
    await clock.advance(200);
    expect(air.runs).toHaveLength(0);
    distributor.openPath(`LX-${(CLUSTERS[0] ?? '').toUpperCase()}`);
    await clock.advance(1);
    expect(air.runs).toHaveLength(1);
  });
});

describe('a microphone', () => {
  const microphone = { kind: 'microphone' as const, microphoneId: '00000000-0000-4000-8000-0000000000c1', maxDurationMs: 600_000 };

  it('has each hamlet’s own delay, and flows on unheard under an emergency', async () => {
    for (const clusterId of CLUSTERS) await connect(clusterId);
    speakers.setDelay('live', 'ap-02', 300);
    const talk = broadcast('Nói', 'live', { content: microphone, durationMs: null });
    take(talk);
    await clock.advance(200);
    const delays = CLUSTERS.map((clusterId) => {
      const message = speakers.sent(clusterId).at(-1);
      return message?.type === 'channel.open' ? message.channel.playoutDelayMs : undefined;
    });
    expect(delays).toEqual([100, 100, 300]);
    expect(talk.status).toBe('on_air');
    const flood = broadcast('Lũ', 'emergency');
    take(flood, 3000);
    await clock.advance(1000);
    expect(talk.status).toBe('preempted');
    expect(air.runs[0]?.isOver).toBe(false);
    await clock.advance(3000);
    expect(talk.status).toBe('on_air');
    expect(air.runs).toHaveLength(2);
    air.runs[0]?.finish();
    await clock.advance(1000);
    expect(talk.status).toBe('finished');
  });

  it('goes in longer packets, and sounds as much later, when there are very many speakers', async () => {
    for (const clusterId of CLUSTERS) await connect(clusterId);
    distributor.setLoad({ livePacketMs: 60 });
    take(broadcast('Nói', 'live', { content: microphone, durationMs: null }));
    // Chosen for the whole broadcast.
    distributor.setLoad({ livePacketMs: 20 });
    await clock.advance(200);
    expect(air.runs[0]?.request.packetMs).toBe(60);
    expect(speakers.sent('ap-01-c1').at(-1)).toMatchObject({ type: 'channel.open', channel: { playoutDelayMs: 140 } });
  });

  it('a second one is foreseen to be refused', async () => {
    await connect('ap-01-c1');
    take(broadcast('Nói', 'live', { content: microphone }));
    const second = broadcast('Cũng nói', 'live', { content: microphone });
    expect(engine.foresee(second)).toMatchObject([{ do: 'refuse', broadcastId: second.broadcastId }]);
  });
});

describe('a channel that opens slowly', () => {
  it('sounds where speakers are ready, and on the others as soon as they are', async () => {
    for (const clusterId of CLUSTERS) await connect(clusterId);
    distributor.delayJoin('LX-AP-01-C2', clock.sleep(3000));
    distributor.delayJoin('LX-AP-02-C1', new Promise(() => undefined));
    const record = broadcast('Lũ', 'emergency', { clusterIds: CLUSTERS.slice(0, 3), startsAtMs: clock.nowMs() + 300 });
    take(record);
    await clock.advance(2500);
    expect(air.runs).toHaveLength(1);
    expect(record).toMatchObject({ status: 'on_air', endReason: null });
    expect(speakers.sent('ap-01-c2')).toEqual([]);
    await clock.advance(1000);
    expect(speakers.sent('ap-01-c2')).toMatchObject([{ type: 'channel.open', channel: { channelId: record.broadcastId } }]);
    await clock.advance(30_000);
    expect(record.status).toBe('finished');
  });

  it('is not waited for without end when nobody can join, and begins with the first who can', async () => {
    await connect('ap-01-c1');
    const { promise, resolve } = Promise.withResolvers<void>();
    distributor.delayJoin('LX-AP-01-C1', promise);
    const record = broadcast('Tin', 'normal');
    take(record);
    await clock.advance(5000);
    expect(notes).toContain('waiting_for_speakers');
    resolve();
    await clock.advance(3000);
    expect(record.status).toBe('on_air');
  });
});

describe('a cluster that is lost while it is being joined', () => {
  /** It ends where it is pre-empted: the clusters lost are not its own any more. */
  const jingle = () => broadcast('Nhạc hiệu', 'normal', { onPreempted: 'end' });
  const streamsOf = (record: BroadcastRecord) => [
    ...(distributor.channels
      .find((channel) => channel.channelId === record.broadcastId)
      ?.streams()
      .keys() ?? []),
  ];
  const opened = (clusterId: string, record: BroadcastRecord) =>
    speakers.sent(clusterId).some((message) => message.type === 'channel.open' && message.channel.channelId === record.broadcastId);

  it('has no stream on the channel afterwards', async () => {
    for (const clusterId of CLUSTERS) await connect(clusterId);
    const { promise, resolve } = Promise.withResolvers<void>();
    distributor.delayJoin('LX-AP-02-C1', promise);
    const record = jingle();
    take(record, 60_000);
    await clock.advance(3000);
    take(broadcast('Cháy', 'priority', { clusterIds: ['ap-01-c2', 'ap-02-c1'] }), 60_000);
    // It begins without the one that hangs.
    await clock.advance(3000);
    resolve();
    await clock.advance(3000);
    expect(record.status).toBe('on_air');
    expect(streamsOf(record)).toEqual(['LX-AP-01-C1']);
    expect(opened('ap-02-c1', record)).toBe(false);
  });

  it('nor is the channel in a grant that was under way', async () => {
    await connect('ap-01-c1');
    await connect('ap-01-c2');
    const record = jingle();
    take(record, 60_000);
    await clock.advance(3000);
    const { promise, resolve } = Promise.withResolvers<void>();
    distributor.delayJoin('LX-AP-02-C1', promise);
    const granting = connect('ap-02-c1');
    await clock.advance(100);
    take(broadcast('Cháy', 'priority', { clusterIds: ['ap-01-c2', 'ap-02-c1'] }), 60_000);
    await clock.advance(3000);
    resolve();
    await clock.advance(3000);
    expect((await granting).channels.map((channel) => channel.channelId)).not.toContain(record.broadcastId);
    expect(streamsOf(record)).toEqual(['LX-AP-01-C1']);
  });
});

describe('a media path', () => {
  it('is granted although a channel closes while it is being joined', async () => {
    await connect('ap-01-c1');
    const record = broadcast('Tin', 'normal');
    take(record);
    await clock.advance(2000);
    const { promise, resolve } = Promise.withResolvers<void>();
    distributor.delayJoin('LX-AP-01-C2', promise);
    const granting = connect('ap-01-c2');
    await clock.advance(100);
    engine.conclude(record, 'stopped', null);
    resolve();
    expect((await granting).channels.map((channel) => channel.channelId)).toEqual(['emergency']);
  });

  it('that was lost is granted anew until it succeeds, while its speaker is there', async () => {
    const speakerId = await connect('ap-01-c1').then(() => 'LX-AP-01-C1');
    await connect('ap-01-c2');
    const attach = distributor.attachSpeaker;
    let failures = 3;
    distributor.attachSpeaker = async (...args) => {
      if (args[0] === speakerId && failures-- > 0) throw new Error('no worker');
      if (args[0] === 'LX-AP-01-C2') throw new Error('no worker');
      return attach(...args);
    };
    distributor.losePaths([speakerId, 'LX-AP-01-C2'], 'a media worker died');
    await clock.advance(2000);
    speakers.disconnect('ap-01-c2');
    expect(speakers.sent('ap-01-c1')).toEqual([]);
    await clock.advance(2000);
    expect(speakers.sent('ap-01-c1')).toMatchObject([{ type: 'media.setup' }]);
    await clock.advance(60_000);
    engine.close();
    expect(clock.pending()).toEqual([]);
  });
});

describe('what goes wrong', () => {
  it('a source that breaks is told in its own words', async () => {
    await connect('ap-01-c1');
    const record = broadcast('Tiếp âm', 'relay', { content: { kind: 'relay', url: 'http://example.org/a', durationMs: 60_000 } });
    take(record);
    await clock.advance(3000);
    air.runs[0]?.fail(
      new AppError({ code: 'relay.gone', status: 502, words: { vi: 'Đài nguồn không trả lời.', en: 'The station does not answer.' } }),
    );
    await clock.advance(0);
    expect(record).toMatchObject({ status: 'failed', endReason: { code: 'relay.gone', vi: 'Đài nguồn không trả lời.' } });
  });

  it('after a restart it goes on from the checkpoint as soon as speakers are there', async () => {
    const record = broadcast('Tin', 'normal', { status: 'on_air', startedAtMs: clock.nowMs() - 9000, positionMs: 8000 });
    take(record, 20_000, true);
    await clock.advance(3000);
    await connect('ap-01-c1');
    await clock.advance(1000);
    expect(air.runs).toMatchObject([{ request: { skipMs: 8000 } }]);
    await clock.advance(20_000);
    expect(record.status).toBe('finished');
  });

  it('what goes on is heard as soon as a packet is at every pole, not the channel’s delay later', async () => {
    speakers.setDelay('emergency', 'ap-02', 300);
    const record = broadcast('Tin', 'normal', { status: 'on_air', startedAtMs: clock.nowMs() - 9000, positionMs: 8000 });
    take(record, 20_000, true);
    for (const clusterId of CLUSTERS) await connect(clusterId);
    const allAreBackMs = clock.nowMs();
    for (const clusterId of CLUSTERS) distributor.openPath(`LX-${clusterId.toUpperCase()}`);
    await clock.advance(299);
    expect(record.status).toBe('preparing');
    await clock.advance(2);
    expect(record.status).toBe('on_air');
    expect(air.runs).toMatchObject([{ request: { startAtMs: allAreBackMs + 300 - 1000, overdueMs: 700 } }]);
  });

  it('what goes on keeps the channel’s delay where so many packets can’t be sent at once', async () => {
    distributor.setLoad({ fillSpeed: 2 });
    take(broadcast('Tin', 'normal', { status: 'on_air', startedAtMs: clock.nowMs() - 9000, positionMs: 8000 }), 20_000, true);
    for (const clusterId of CLUSTERS) await connect(clusterId);
    for (const clusterId of CLUSTERS) distributor.openPath(`LX-${clusterId.toUpperCase()}`);
    const allAreBackMs = clock.nowMs();
    await clock.advance(1);
    expect(air.runs).toMatchObject([{ request: { startAtMs: allAreBackMs, overdueMs: 0 } }]);
  });

  it('closing leaves everything for the next start, and no timer behind', async () => {
    await connect('ap-01-c1');
    const record = broadcast('Tin', 'normal');
    take(record);
    await clock.advance(5000);
    engine.close();
    await clock.advance(0);
    expect(record.status).toBe('on_air');
    expect(record.positionMs).toBeCloseTo(4000, -1);
    expect(clock.pending()).toEqual([]);
  });
});
