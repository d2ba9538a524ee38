import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { BroadcastEngine } from '../../../../controller/broadcasts/engine.ts';
import { MakeUpDesk } from '../../../../controller/broadcasts/make-up/index.ts';
import { type BroadcastRecord, isOver } from '../../../../controller/broadcasts/record.ts';
import { TestClock } from '../../../../controller/clock.ts';
import { type AppEvents, createEvents, type Events } from '../../../../controller/events.ts';
import type { Receipt } from '../../../../controller/protocol/speaker-control.ts';
import type { SpeakerTelemetry } from '../../../../controller/protocol/speaker-state.ts';
import { createFakeAir } from '../../../support/fake-air.ts';
import { createFakeSpeakerDirectory, type FakeSpeakerDirectory } from '../../../support/fake-speaker-directory.ts';
import { createMemoryDistributor } from '../../../support/memory-distributor.ts';

const CLUSTERS = ['ap-01-c1', 'ap-01-c2', 'ap-02-c1', 'ap-02-c2'];
const MESSAGE_MS = 10_000;
const MINUTE_MS = 60_000;
const logger = pino({ level: 'silent' });

let clock: TestClock;
let events: Events;
let speakers: FakeSpeakerDirectory;
let engine: BroadcastEngine;
let desk: MakeUpDesk;
let conditions: AppEvents['system.condition'][];
let notes: { broadcastId: string; kind: string; detail: Record<string, unknown> }[];
/** Every broadcast that was begun, in order. */
let given: BroadcastRecord[];
/** Who hears what is given to them; the others hear nothing, and say so by no receipt. */
let hearing: Set<string>;
/** What the receipt of a pole says beside that it heard all of it. */
let saying: Map<string, Partial<Receipt>>;

beforeEach(async () => {
  clock = new TestClock();
  events = createEvents((_, error) => {
    throw error;
  });
  conditions = [];
  notes = [];
  given = [];
  hearing = new Set(CLUSTERS);
  saying = new Map();
  events.on('system.condition', (fact) => conditions.push(fact));
  speakers = createFakeSpeakerDirectory(CLUSTERS);
  const journal = {
    patch: () => undefined,
    note: (broadcastId: string, kind: string, detail: Record<string, unknown> = {}) => void notes.push({ broadcastId, kind, detail }),
  };
  engine = new BroadcastEngine({
    air: createFakeAir(clock),
    distributor: createMemoryDistributor(),
    speakers,
    clock,
    events,
    logger,
    journal,
    isEverything: (clusterIds) => clusterIds.length === CLUSTERS.length,
    onStarted: (record) => desk.started(record),
    onSentSound: (record, stretch) => desk.sent(record, stretch),
    onSent: (record) => desk.ending(record),
    onOver(record) {
      if (record.status === 'finished') {
        const fromMs = (record.startedAtMs ?? 0) - 200;
        record.passes = [{ fromMs, untilMs: fromMs + MESSAGE_MS }];
        desk.sent(record, { fromMs, untilMs: fromMs + MESSAGE_MS, positionMs: 0, db: levelsOf(record, -20)[0]?.db ?? [] });
      }
      handIn(record);
      desk.over(record);
    },
  });
  desk = new MakeUpDesk({
    speakers,
    clock,
    logger,
    events,
    journal,
    inventory: {
      cluster: (clusterId) => ({ name: `Cụm ${clusterId}`, hamletId: clusterId.slice(0, 5) }) as never,
      clusters: () => CLUSTERS.map((clusterId) => ({ clusterId, hamletId: clusterId.slice(0, 5) })) as never,
    },
    timeZone: 'Asia/Ho_Chi_Minh',
    active: () => engine.records().map((record) => ({ record, heldOff: engine.heldOff(record) })),
    hold: (record, clusterIds, untilMs) => engine.hold(record, clusterIds, untilMs),
    async begin(request, { broadcastId: makesUpFor }) {
      const targets = request.targets as { clusterIds: string[] };
      return take(broadcast({ ...request, makesUpFor, clusterIds: targets.clusterIds, validForMs: 0 } as Partial<BroadcastRecord>));
    },
    past: {
      valid: async () => ({ originals: [], newer: [] }),
      heardOf: async () => ({ makeUps: [], receipts: [], sent: [], wasJudged: false }),
    },
  });
  engine.start();
  desk.start();
  await desk.takeUp();
  for (const clusterId of CLUSTERS) await comeBack(clusterId);
  await clock.advance(MINUTE_MS);
  signOfLife();
});

function broadcast(more: Partial<BroadcastRecord> = {}): BroadcastRecord {
  return {
    broadcastId: `00000000-0000-4000-8000-00000000000${given.length + 1}`,
    title: 'Lũ',
    class: 'emergency',
    content: { kind: 'bulletin', bulletinId: '00000000-0000-4000-8000-0000000000b1', repeat: 1, pauseMs: 0 },
    targets: { everything: true },
    clusterIds: CLUSTERS,
    status: 'preparing',
    startsAtMs: clock.nowMs(),
    startedAtMs: null,
    endedAtMs: null,
    durationMs: MESSAGE_MS,
    positionMs: 0,
    onPreempted: 'resume',
    preemptedBy: null,
    gainDb: 0,
    chime: false,
    emergencyKind: 'warning',
    attention: null,
    messageMs: MESSAGE_MS,
    latestStartMs: 60_000,
    origin: 'console',
    requestedBy: null,
    requestedByName: 'Chị Hoa',
    endReason: null,
    passes: [],
    makesUpFor: null,
    validForMs: 30 * MINUTE_MS,
    ...more,
  };
}

function take(record: BroadcastRecord): BroadcastRecord {
  given.push(record);
  engine.take(record, { masterPath: `/masters/${record.durationMs}`, isResumed: false });
  return record;
}

function signOfLife(): void {
  for (const clusterId of CLUSTERS)
    if (speakers.isConnected(`LX-${clusterId.toUpperCase()}`)) speakers.show(clusterId, { lastBeatMs: clock.nowMs() });
}

async function comeBack(clusterId: string): Promise<void> {
  const speakerId = speakers.connect(clusterId);
  speakers.show(clusterId, { rung: 'receiving', lastBeatMs: clock.nowMs() });
  await engine.channels.grant(speakerId, ['ipv4']);
  tell(speakerId);
}

function goAway(clusterId: string): void {
  speakers.disconnect(clusterId);
  speakers.show(clusterId, { rung: 'offline' });
  tell(`LX-${clusterId.toUpperCase()}`);
}

function tell(speakerId: string): void {
  const state = speakers.state(speakerId);
  if (state) events.emit('speaker.changed', { state });
}

/** What the speakers say right after the end. */
function handIn(record: BroadcastRecord): void {
  signOfLife();
  for (const clusterId of record.clusterIds) {
    const speakerId = `LX-${clusterId.toUpperCase()}`;
    if (!hearing.has(clusterId) || !speakers.isConnected(speakerId)) continue;
    const { broadcastId, passes, startedAtMs } = record;
    const sounded = { firstSoundAtMs: startedAtMs ?? 0, lastSoundAtMs: (startedAtMs ?? 0) + MESSAGE_MS, playedMs: MESSAGE_MS };
    const { levels, ...more } = saying.get(clusterId) ?? {};
    const told = levels ? { levels: levelsOf(record, levels[0]?.db[0] ?? -120) } : {};
    const receipt = { broadcastId, ...sounded, mutedByConfigMs: 0, amplifierOk: true, heard: [...passes], final: true, ...more, ...told };
    events.emit('receipt.arrived', { speakerId, clusterId, receipt: receipt as Receipt });
  }
}

/** So loud in every second that its message touches. */
function levelsOf({ passes }: BroadcastRecord, levelDb: number): { fromMs: number; db: number[] }[] {
  const [{ fromMs, untilMs } = { fromMs: 0, untilMs: 0 }] = passes;
  const firstS = Math.floor(fromMs / 1000);
  return [{ fromMs: firstS * 1000, db: Array(Math.ceil(untilMs / 1000) - firstS).fill(levelDb) }];
}

const makeUps = (): BroadcastRecord[] => given.filter((record) => record.makesUpFor !== null);
const told = (): string | undefined => conditions.findLast((one) => one.code === 'air.emergency_missed')?.vi;
/** A whole emergency, to its end. */
async function warn(more: Partial<BroadcastRecord> = {}): Promise<BroadcastRecord> {
  const record = take(broadcast(more));
  await clock.advance(MESSAGE_MS + 1000);
  expect(record.status).toBe('finished');
  return record;
}

describe('an emergency that everybody heard', () => {
  it('is not given again', async () => {
    await warn();
    await clock.advance(40 * MINUTE_MS);
    expect(given).toHaveLength(1);
    expect(told()).toBeUndefined();
    expect(notes.map((note) => note.kind)).not.toContain('not_heard');
  });
});

describe('an emergency that some poles missed', () => {
  it('is given once more, in one common pass, to those alone, on a channel of its own', async () => {
    hearing = new Set(['ap-01-c1', 'ap-02-c1']);
    const flood = await warn({ emergencyKind: 'correction' });
    await clock.advance(4000);
    // They may still say that they heard it.
    expect(makeUps()).toEqual([]);
    hearing = new Set(CLUSTERS);
    await clock.advance(3000);
    expect(makeUps()).toMatchObject([
      {
        makesUpFor: flood.broadcastId,
        clusterIds: ['ap-01-c2', 'ap-02-c2'],
        class: 'emergency',
        status: 'on_air',
        content: { repeat: 1 },
        onPreempted: 'end',
      },
    ]);
    expect(speakers.sent('ap-01-c1').some((message) => message.type === 'channel.open')).toBe(false);
    expect(speakers.sent('ap-01-c2').findLast((message) => message.type === 'channel.open')).toMatchObject({
      channel: { standing: false },
    });
    await clock.advance(20_000);
    expect(makeUps()).toMatchObject([{ status: 'finished' }]);
    expect(told()).toBe('Không còn cụm loa nào phải phát bù ‘Lũ’.');
    await clock.advance(40 * MINUTE_MS);
    expect(makeUps()).toHaveLength(1);
    // With its own signal: a correction must not sound as a warning the second time.
    expect(makeUps()[0]?.emergencyKind).toBe('correction');
  });

  it('does not wait when all have spoken', async () => {
    hearing = new Set(CLUSTERS.slice(1));
    const flood = take(broadcast());
    await clock.advance(MESSAGE_MS);
    expect(flood.status).toBe('on_air');
    // It played, but what it played has a hole.
    const heard = [{ fromMs: flood.startsAtMs, untilMs: flood.startsAtMs + 4000 }];
    const receipt = { broadcastId: flood.broadcastId, firstSoundAtMs: flood.startsAtMs, playedMs: MESSAGE_MS, heard, final: true };
    events.emit('receipt.arrived', { speakerId: 'LX-AP-01-C1', clusterId: 'ap-01-c1', receipt: receipt as Receipt });
    await clock.advance(500);
    expect(makeUps()).toMatchObject([{ clusterIds: ['ap-01-c1'] }]);
  });

  it('asks who has said nothing since it booted, instead of waiting for its next beat', async () => {
    hearing = new Set(CLUSTERS.slice(1));
    await warn();
    speakers.show('ap-01-c1', { lastBeatMs: 0 });
    await clock.advance(10_000);
    // Cut off, for all that is known.
    expect(makeUps()).toEqual([]);
    speakers.onAskForSign((speakerId) => {
      if (speakerId === 'LX-AP-01-C1') speakers.show('ap-01-c1', { lastBeatMs: clock.nowMs() });
    });
    await clock.advance(4000);
    expect(makeUps()).toMatchObject([{ clusterIds: ['ap-01-c1'] }]);
  });

  it('is given three times and not a fourth, with a pause in between', async () => {
    hearing = new Set(CLUSTERS.slice(1));
    await warn();
    await clock.advance(25 * MINUTE_MS);
    expect(makeUps().map((record) => record.clusterIds)).toEqual([['ap-01-c1'], ['ap-01-c1'], ['ap-01-c1']]);
    expect(told()).toContain('đã phát bù đủ số lần. Chưa nghe đủ: Cụm ap-01-c1');
    expect(notes.findLast((note) => note.kind === 'make_up_over')?.detail).toEqual({ why: 'done', notHeard: ['ap-01-c1'] });
  });

  it('names who cannot sound, with the cause, and tells them when they are back, those that come back together in one pass', async () => {
    goAway('ap-01-c2');
    goAway('ap-02-c1');
    speakers.show('ap-02-c2', { faults: ['line_open'] });
    hearing = new Set(['ap-01-c1']);
    const flood = await warn();
    await clock.advance(10_000);
    expect(makeUps()).toEqual([]);
    expect(told()).toMatch(
      /^3 cụm loa chưa nghe đủ ‘Lũ’: Cụm ap-01-c2; Cụm ap-02-c1 \(mất kết nối\) · Cụm ap-02-c2 \(đứt dây loa\)\. Sẽ tự phát bù/,
    );
    expect(notes.find((note) => note.kind === 'not_heard')).toMatchObject({
      broadcastId: flood.broadcastId,
      detail: {
        able: [],
        unable: [{ clusterId: 'ap-01-c2', code: 'offline' }, { clusterId: 'ap-02-c1' }, { clusterId: 'ap-02-c2', code: 'line_open' }],
      },
    });
    await clock.advance(5 * MINUTE_MS);
    hearing = new Set(CLUSTERS);
    await comeBack('ap-01-c2');
    await clock.advance(2500);
    await comeBack('ap-02-c1');
    await clock.advance(3000);
    expect(makeUps()).toMatchObject([{ clusterIds: ['ap-01-c2', 'ap-02-c1'] }]);
    await clock.advance(20_000);
    expect(told()).toContain('1 cụm loa chưa nghe đủ ‘Lũ’: Cụm ap-02-c2 (đứt dây loa)');
    await clock.advance(30 * MINUTE_MS);
    expect(makeUps()).toHaveLength(1);
    expect(told()).toBe('‘Lũ’ đã hết hạn. Chưa nghe đủ: Cụm ap-02-c2 (đứt dây loa).');
  });

  it('is not told to who comes back too late', async () => {
    goAway('ap-01-c2');
    await warn();
    await clock.advance(31 * MINUTE_MS);
    await comeBack('ap-01-c2');
    await clock.advance(10 * MINUTE_MS);
    expect(makeUps()).toEqual([]);
  });

  it('waits for proof of life of a pole whose connection only seems to stand', async () => {
    hearing = new Set(CLUSTERS.slice(1));
    const flood = take(broadcast());
    await clock.advance(MESSAGE_MS + 1000);
    expect(flood.status).toBe('finished');
    speakers.show('ap-01-c1', { lastBeatMs: flood.startsAtMs });
    await clock.advance(10_000);
    expect(makeUps()).toEqual([]);
    expect(told()).toContain('Cụm ap-01-c1 (không trả lời)');
    signOfLife();
    await clock.advance(3000);
    expect(makeUps()).toMatchObject([{ clusterIds: ['ap-01-c1'] }]);
  });

  it('waits while a neighbour sounds something else, or is about to', async () => {
    goAway('ap-01-c2');
    await warn();
    await clock.advance(10_000);
    const news = take(broadcast({ title: 'Tin', class: 'normal', clusterIds: ['ap-01-c1'], durationMs: MESSAGE_MS }));
    await comeBack('ap-01-c2');
    await clock.advance(8000);
    expect(makeUps()).toEqual([]);
    // A pass in the pause between the two would not be over when the second begins.
    const startsAtMs = clock.nowMs() + 8000;
    const next = take(broadcast({ title: 'Tin', class: 'normal', clusterIds: ['ap-01-c1'], durationMs: MESSAGE_MS, startsAtMs }));
    await clock.advance(7000);
    expect(isOver(news)).toBe(true);
    expect(makeUps()).toEqual([]);
    await clock.advance(12_000);
    expect(isOver(next)).toBe(true);
    expect(makeUps()).toMatchObject([{ clusterIds: ['ap-01-c2'] }]);
  });

  it('is left alone where a newer emergency was told: a correction is not followed by what it corrects', async () => {
    goAway('ap-01-c2');
    goAway('ap-02-c2');
    await warn();
    await clock.advance(10_000);
    await warn({ title: 'Đính chính', clusterIds: ['ap-01-c1', 'ap-01-c2'] });
    await clock.advance(10_000);
    await comeBack('ap-01-c2');
    await comeBack('ap-02-c2');
    await clock.advance(MINUTE_MS);
    expect(makeUps().map((record) => [record.title, record.clusterIds])).toEqual([
      ['Lũ', ['ap-02-c2']],
      ['Đính chính', ['ap-01-c2']],
    ]);
  });

  it('is not made up when a person stopped it, nor after a person stopped a make-up pass', async () => {
    hearing = new Set();
    const stopped = take(broadcast());
    await clock.advance(4000);
    engine.conclude(stopped, 'stopped', { code: 'x', vi: 'x', en: 'x' });
    await clock.advance(MINUTE_MS);
    expect(makeUps()).toEqual([]);
    await warn();
    await clock.advance(8000);
    const [makeUp] = makeUps();
    engine.conclude(makeUp as BroadcastRecord, 'stopped', { code: 'x', vi: 'x', en: 'x' });
    await clock.advance(10 * MINUTE_MS);
    expect(makeUps()).toHaveLength(1);
    expect(told()).toContain('‘Lũ’ đã được dừng.');
  });

  it('can be stopped between two passes', async () => {
    goAway('ap-01-c2');
    const flood = await warn();
    await clock.advance(10_000);
    expect(desk.stop(flood.broadcastId, 'Chị Hoa')).toBe(true);
    expect(desk.stop(flood.broadcastId, 'Chị Hoa')).toBe(false);
    await comeBack('ap-01-c2');
    await clock.advance(10 * MINUTE_MS);
    expect(makeUps()).toEqual([]);
    expect(flood.validForMs).toBe(0);
  });
});

describe('an emergency that a pole received and gave no sound of', () => {
  const atLevel = (levelDb: number): Partial<Receipt> => ({ levels: [{ fromMs: 0, db: [levelDb] }] });
  const unable = () => notes.filter((note) => note.kind === 'not_heard').map(({ detail }) => detail.unable);

  it('is given again to it, three times at most, and it is named with the cause, by its own levels', async () => {
    saying.set('ap-01-c2', atLevel(-90)).set('ap-01-c1', atLevel(-22));
    await warn();
    await clock.advance(1000);
    expect(makeUps()).toMatchObject([{ clusterIds: ['ap-01-c2'] }]);
    expect(told()).toContain('Cụm ap-01-c2 (bộ thu báo không ra tiếng dù đã nhận tiếng)');
    expect(unable()).toMatchObject([[{ clusterId: 'ap-01-c2', code: 'silent_receiver' }]]);
    await clock.advance(20 * MINUTE_MS);
    expect(makeUps().map(({ clusterIds }) => clusterIds)).toEqual(Array(3).fill(['ap-01-c2']));
    expect(told()).toMatch(/^‘Lũ’ đã phát bù đủ số lần\. Chưa nghe đủ: Cụm ap-01-c2 \(bộ thu báo không ra tiếng/);
  });

  it('is over when it sounds after all', async () => {
    saying.set('ap-01-c2', atLevel(-90));
    await warn();
    await clock.advance(5000);
    saying.set('ap-01-c2', atLevel(-21));
    await clock.advance(20 * MINUTE_MS);
    expect(makeUps()).toHaveLength(1);
    expect(told()).toBe('Không còn cụm loa nào phải phát bù ‘Lũ’.');
  });

  it('is not given again to an amplifier that draws nothing still, but when it draws some', async () => {
    saying.set('ap-01-c2', { amplifierCurrentMa: 0 });
    speakers.show('ap-01-c2', { telemetry: { amplifierCurrentMa: 0 } as SpeakerTelemetry });
    await warn();
    await clock.advance(5 * MINUTE_MS);
    expect(makeUps()).toEqual([]);
    expect(told()).toContain('1 cụm loa chưa nghe đủ ‘Lũ’: Cụm ap-01-c2 (âm ly không có dòng điện)');
    expect(unable()).toMatchObject([[{ clusterId: 'ap-01-c2', code: 'no_current' }]]);
    saying.clear();
    speakers.show('ap-01-c2', { telemetry: { amplifierCurrentMa: 180 } as SpeakerTelemetry });
    signOfLife();
    await clock.advance(MINUTE_MS);
    expect(makeUps()).toMatchObject([{ clusterIds: ['ap-01-c2'], status: 'finished' }]);
  });

  it('is given again to one whose amplifier did not drive the line throughout: it may have been a moment', async () => {
    saying.set('ap-01-c2', { amplifierOk: false, amplifierCurrentMa: 300 });
    await warn();
    await clock.advance(1000);
    expect(told()).toContain('Cụm ap-01-c2 (âm ly không đưa tiếng ra loa)');
    await clock.advance(20 * MINUTE_MS);
    expect(makeUps()).toHaveLength(3);
  });

  it('is not given again to one that is muted and should not have been by it, until nobody mutes it any more', async () => {
    saying.set('ap-01-c2', { mutedByConfigMs: MESSAGE_MS, playedMs: 0, heard: [] });
    speakers.show('ap-01-c2', { muted: true });
    await warn();
    await clock.advance(MINUTE_MS);
    expect(makeUps()).toEqual([]);
    expect(told()).toContain('Cụm ap-01-c2 (bộ thu báo đang tắt tiếng)');
    saying.clear();
    speakers.show('ap-01-c2', { muted: false });
    signOfLife();
    await clock.advance(MINUTE_MS);
    expect(makeUps()).toMatchObject([{ clusterIds: ['ap-01-c2'], status: 'finished' }]);
  });

  it('counts as missed where its horns were cut off, whatever its receiver says, and is given when they are whole again', async () => {
    const flood = take(broadcast());
    await clock.advance(1000);
    const fault = { faultId: '', speakerId: 'LX-AP-01-C2', clusterId: 'ap-01-c2', code: 'line_open' as const };
    events.emit('fault.raised', { ...fault, atMs: clock.nowMs() });
    speakers.show('ap-01-c2', { faults: ['line_open'] });
    await clock.advance(MESSAGE_MS + 5000);
    expect(flood.status).toBe('finished');
    expect(makeUps()).toEqual([]);
    expect(told()).toContain('Cụm ap-01-c2 (đứt dây loa)');
    events.emit('fault.cleared', { ...fault, atMs: clock.nowMs() });
    speakers.show('ap-01-c2', { faults: [] });
    signOfLife();
    await clock.advance(MINUTE_MS);
    expect(makeUps()).toMatchObject([{ clusterIds: ['ap-01-c2'], status: 'finished' }]);
    expect(told()).toBe('Không còn cụm loa nào phải phát bù ‘Lũ’.');
  });
});

describe('what an emergency has interrupted', () => {
  /** Everywhere, and something that is due in the moment in which the emergency ends. */
  async function newsUnderEmergency(more: Partial<BroadcastRecord> = {}): Promise<{ news: BroadcastRecord; flood: BroadcastRecord }> {
    const news = take(broadcast({ title: 'Tin', class: 'normal', durationMs: MINUTE_MS, emergencyKind: null, ...more }));
    await clock.advance(5000);
    expect(news.status).toBe('on_air');
    const flood = take(broadcast());
    await clock.advance(MESSAGE_MS + 300);
    expect([news.status, flood.status]).toEqual(['preempted', 'finished']);
    return { news, flood };
  }
  const playsOn = (record: BroadcastRecord): string[] =>
    record.status === 'on_air' ? record.clusterIds.filter((clusterId) => !engine.heldOff(record).includes(clusterId)) : [];

  it('goes on as soon as the last pole has said that it heard all of it', async () => {
    hearing.delete('ap-02-c2');
    const { news, flood } = await newsUnderEmergency();
    await clock.advance(2000);
    expect(news.status).toBe('preempted');
    hearing.add('ap-02-c2');
    handIn(flood);
    await clock.advance(50);
    expect(engine.heldOff(news)).toEqual([]);
    await clock.advance(1000);
    expect(playsOn(news)).toEqual(CLUSTERS);
    await clock.advance(MINUTE_MS);
    expect(makeUps()).toEqual([]);
  });

  it('waits until the pass for those that missed it is over, in their hamlet; elsewhere until all have answered', async () => {
    hearing.delete('ap-02-c2');
    const { news } = await newsUnderEmergency();
    await clock.advance(5000);
    expect(news.status).toBe('preempted');
    hearing.add('ap-02-c2');
    await clock.advance(3000);
    expect(makeUps()).toMatchObject([{ status: 'on_air', clusterIds: ['ap-02-c2'] }]);
    expect(playsOn(news)).toEqual(['ap-01-c1', 'ap-01-c2']);
    await clock.advance(MESSAGE_MS);
    expect(makeUps()).toMatchObject([{ status: 'finished' }]);
    expect(playsOn(news)).toEqual(CLUSTERS);
  });

  it('does not wait for poles that cannot sound, for a second pass, nor for an emergency that a person stopped', async () => {
    speakers.show('ap-02-c2', { faults: ['line_open'] });
    hearing.delete('ap-02-c2');
    const { news } = await newsUnderEmergency();
    await clock.advance(1500);
    expect(playsOn(news)).toEqual(CLUSTERS);
    speakers.show('ap-02-c2', { faults: [] });
    tell('LX-AP-02-C2');
    const flood = take(broadcast());
    await clock.advance(5000);
    expect(news.status).toBe('preempted');
    engine.conclude(flood, 'stopped', { code: 'x', vi: 'x', en: 'x' });
    await clock.advance(1500);
    expect(playsOn(news)).toEqual(CLUSTERS);
    take(broadcast());
    await clock.advance(MESSAGE_MS + 8000);
    expect(makeUps()).toHaveLength(1);
    await clock.advance(MESSAGE_MS);
    expect(makeUps()).toMatchObject([{ status: 'finished' }]);
    expect(playsOn(news)).toEqual(CLUSTERS);
  });

  it('is not heard between the emergency and the pass where it flows on, for its speakers have left it before', async () => {
    hearing.delete('ap-02-c2');
    const relay = take(
      broadcast({
        ...{ title: 'Tiếp âm', class: 'relay', emergencyKind: null, durationMs: 10 * MINUTE_MS },
        content: { kind: 'relay', url: 'http://example.org/a', durationMs: 10 * MINUTE_MS },
      }),
    );
    await clock.advance(5000);
    const flood = take(broadcast());
    await clock.advance(MESSAGE_MS - 200);
    expect(flood.status).toBe('on_air');
    for (const clusterId of CLUSTERS) {
      expect(speakers.sent(clusterId).at(-1)).toEqual({ type: 'channel.close', channelId: relay.broadcastId, immediately: true });
    }
    await clock.advance(20_000);
    expect(makeUps()).toMatchObject([{ clusterIds: ['ap-02-c2'], status: 'finished' }]);
    expect(playsOn(relay)).toEqual(CLUSTERS);
    for (const clusterId of CLUSTERS) {
      expect(speakers.sent(clusterId).findLast((message) => message.type === 'channel.open')).toMatchObject({
        channel: { channelId: relay.broadcastId },
      });
    }
  });

  it('and what is due meanwhile waits with it', async () => {
    hearing.delete('ap-02-c2');
    await newsUnderEmergency({ clusterIds: ['ap-01-c1'] });
    const next = take(
      broadcast({ title: 'Tin', class: 'priority', clusterIds: ['ap-02-c1'], durationMs: MESSAGE_MS, emergencyKind: null }),
    );
    await clock.advance(8000);
    expect(makeUps()).toMatchObject([{ status: 'on_air', clusterIds: ['ap-02-c2'] }]);
    expect(next.startedAtMs).toBeNull();
    await clock.advance(MESSAGE_MS);
    expect(makeUps()).toMatchObject([{ status: 'finished' }]);
    expect(playsOn(next)).toEqual(['ap-02-c1']);
  });
});
