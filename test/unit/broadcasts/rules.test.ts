import { describe, expect, it } from 'vitest';
import { type AdmissionCase, admission } from '../../../controller/broadcasts/admission.ts';
import { attentionOf } from '../../../controller/broadcasts/attention.ts';
import type { ReceiptFigures } from '../../../controller/broadcasts/heard.ts';
import { durationOf, passBeganMs } from '../../../controller/broadcasts/length.ts';
import type { AirableBulletin } from '../../../controller/broadcasts/library.ts';
import { type Giving, outcomesOf } from '../../../controller/broadcasts/outcomes.ts';
import { loudnessOf, type PreviewCase, previewOf } from '../../../controller/broadcasts/preview.ts';
import { reconcile } from '../../../controller/broadcasts/reconcile.ts';
import type { BroadcastRecord } from '../../../controller/broadcasts/record.ts';
import { durationInWords } from '../../../controller/broadcasts/words.ts';
import { ROLES } from '../../../controller/protocol/roles.ts';
import { timesSaid } from '../../../controller/protocol/times-said.ts';

const NOW_MS = Date.UTC(2026, 10, 22, 3, 0);
const MINUTE_MS = 60_000;
const BULLETIN_ID = '00000000-0000-4000-8000-0000000000b1';
const bulletinContent = { kind: 'bulletin' as const, bulletinId: BULLETIN_ID, repeat: 1, pauseMs: 0 };
const endless = { ...bulletinContent, repeat: 'until_stopped' as const, pauseMs: 5000 };
const microphone = { kind: 'microphone' as const, microphoneId: BULLETIN_ID, maxDurationMs: MINUTE_MS };
const relay = { kind: 'relay' as const, url: 'https://example.org/a', durationMs: 30 * MINUTE_MS };

describe('where a warning goes on that was cut off', () => {
  const warning = {
    content: { ...bulletinContent, repeat: 3, pauseMs: 2000 },
    attention: { signal: 'two_tone' as const, durationMs: 4000 },
    messageMs: 10_000,
  };
  it.each([
    ['in its attention signal', 3000, 0],
    ['in its first giving', 9000, 4000],
    ['in the pause behind it', 15_000, 16_000],
    ['in its last word of the second', 25_999, 16_000],
  ])('%s', (_, positionMs, fromMs) => {
    expect(passBeganMs({ ...warning, positionMs })).toBe(fromMs);
  });

  it('where it was, when nobody knows how long the message is', () => {
    expect(passBeganMs({ ...warning, messageMs: null, positionMs: 9000 })).toBe(9000);
  });
});

function broadcast(fields: Partial<BroadcastRecord> = {}): BroadcastRecord {
  return {
    broadcastId: '00000000-0000-4000-8000-000000000001',
    title: 'Lịch tiêm chủng',
    class: 'normal',
    content: bulletinContent,
    targets: { everything: true },
    clusterIds: ['a', 'b'],
    status: 'preparing',
    startsAtMs: NOW_MS,
    startedAtMs: null,
    endedAtMs: null,
    durationMs: 200_000,
    positionMs: 0,
    onPreempted: 'resume',
    preemptedBy: null,
    gainDb: 0,
    chime: false,
    emergencyKind: null,
    attention: null,
    messageMs: null,
    latestStartMs: 10 * MINUTE_MS,
    origin: 'console',
    requestedBy: null,
    requestedByName: 'Chị Hoa',
    endReason: null,
    passes: [],
    makesUpFor: null,
    validForMs: null,
    ...fields,
  };
}

describe('admission', () => {
  const ready: AirableBulletin = { title: 'Tin', class: 'normal', status: 'ready', durationMs: 1000, masterPath: '/m' };
  const code = (fields: Partial<AdmissionCase>): string | undefined =>
    admission({
      ...{ role: 'announcer', class: 'normal', content: bulletinContent, bulletin: ready, clusterCount: 2, fmClusterCount: 0 },
      ...{ startsAtMs: NOW_MS, nowMs: NOW_MS, isPlanAhead: false, isOthersMicrophone: false, inHand: { count: 0, places: 0 } },
      ...fields,
    } as AdmissionCase)?.code;

  it.each(ROLES)('lets a role broadcast that may: %s', (role) => {
    const may = ['administrator', 'approver', 'announcer'].includes(role);
    expect(code({ role })).toBe(may ? undefined : 'broadcast.not_allowed');
    expect(code({ role, class: 'emergency' })).toBe(may ? undefined : 'broadcast.not_allowed');
  });

  it.each([
    [{ clusterCount: 0 }, 'broadcast.no_clusters'],
    [{ clusterCount: 0, fmClusterCount: 3 }, 'broadcast.only_fm'],
    [{ startsAtMs: NOW_MS - 2 * MINUTE_MS }, 'broadcast.in_the_past'],
    [{ startsAtMs: NOW_MS - 30_000 }, undefined],
    [{ startsAtMs: NOW_MS - 2 * MINUTE_MS, role: null }, undefined],
    [{ startsAtMs: NOW_MS + 400 * 24 * 60 * MINUTE_MS }, 'broadcast.too_far_ahead'],
    [{ content: microphone, startsAtMs: NOW_MS + 5 * MINUTE_MS }, 'broadcast.microphone_ahead'],
    [{ bulletin: undefined }, 'broadcast.no_bulletin'],
    [{ bulletin: { ...ready, status: 'failed' as const } }, 'broadcast.bulletin_failed'],
    [{ bulletin: { ...ready, status: 'processing' as const, masterPath: null } }, 'broadcast.bulletin_not_ready'],
    [{ bulletin: { ...ready, masterPath: null, isDamaged: true as const } }, 'broadcast.bulletin_damaged'],
    [{ bulletin: { ...ready, status: 'processing' as const, masterPath: null }, isPlanAhead: true }, undefined],
    [{ inHand: { count: 199, places: 100_000 } }, undefined],
    [{ inHand: { count: 200, places: 0 } }, 'broadcast.too_many'],
    [{ inHand: { count: 1, places: 100_001 } }, 'broadcast.too_many'],
    [{ inHand: { count: 200, places: 0 }, role: null }, undefined],
    [{ inHand: { count: 200, places: 0 }, class: 'emergency' as const }, undefined],
    [{ inHand: { count: 200, places: 0 }, content: microphone }, undefined],
    [{ isOthersMicrophone: true }, 'broadcast.microphone_of_another'],
    [{ content: endless }, 'broadcast.endless_no_emergency'],
    [{ content: endless, class: 'priority' as const }, 'broadcast.endless_no_emergency'],
    [{ content: endless, class: 'emergency' as const }, undefined],
  ])('%o -> %s', (fields, expected) => {
    expect(code(fields)).toBe(expected);
  });
});

describe('what the last run left', () => {
  it.each([
    ['its time is to come', { startsAtMs: NOW_MS + 1 }, 'wait'],
    ['its time has just passed', { startsAtMs: NOW_MS - 9 * MINUTE_MS }, 'start'],
    ['its time is long past', { startsAtMs: NOW_MS - 11 * MINUTE_MS }, 'missed air.controller_was_down'],
    ['a recording in the middle', { startedAtMs: NOW_MS - MINUTE_MS, positionMs: 50_000 }, 'resume'],
    ['a recording at its very end', { startedAtMs: NOW_MS - 5 * MINUTE_MS, positionMs: 200_000 }, 'finished '],
    ['a recording of hours ago', { startedAtMs: NOW_MS - 120 * MINUTE_MS, positionMs: 50_000 }, 'cut air.down_too_long'],
    ['an emergency of hours ago', { class: 'emergency' as const, startedAtMs: NOW_MS - 120 * MINUTE_MS, positionMs: 50_000 }, 'resume'],
    [
      'a warning that is said until stopped',
      { class: 'emergency' as const, content: endless, durationMs: null, startedAtMs: NOW_MS - 120 * MINUTE_MS, positionMs: 7_000_000 },
      'resume',
    ],
    ['a relay whose hour is not over', { content: relay, durationMs: relay.durationMs, startedAtMs: NOW_MS - 20 * MINUTE_MS }, 'resume'],
    [
      'a relay whose hour is over',
      { content: relay, durationMs: relay.durationMs, startedAtMs: NOW_MS - 31 * MINUTE_MS },
      'cut air.down_too_long',
    ],
    ['a microphone on the air', { content: microphone, startedAtMs: NOW_MS - 1000 }, 'cut air.microphone_lost'],
    ['a microphone that was being prepared', { content: microphone }, 'missed air.microphone_lost'],
  ])('%s', (_, fields, expected) => {
    const found = reconcile(broadcast(fields), NOW_MS);
    expect(found.do === 'conclude' ? `${found.status} ${found.reason?.code ?? ''}` : found.do).toBe(expected);
  });
});

describe('outcomes', () => {
  const A = { clusterId: 'a', clusterName: 'A', hamletId: 'h' };
  const heard = (fields: Partial<ReceiptFigures> = {}): ReceiptFigures => ({
    ...{
      clusterId: 'a',
      firstSoundAtMs: 1000,
      lastSoundAtMs: 61_000,
      playedMs: 60_000,
      concealedMs: 0,
      mutedByConfigMs: 0,
      heard: [],
      final: true,
    },
    ...fields,
  });
  const outcome = (receipts: ReceiptFigures[], endedAgoMs: number | null): string | undefined =>
    outcomesOf({
      ...{ clusters: [A], makeUps: [], causes: new Map(), nowMs: NOW_MS },
      giving: { passes: [], airedMs: 60_000, receipts },
      endedAtMs: endedAgoMs === null ? null : NOW_MS - endedAgoMs,
    })[0]?.outcome;

  it.each([
    ['on the air', [], null, 'pending'],
    ['on the air, with an interim receipt', [heard({ final: false })], null, 'pending'],
    ['just over, nothing said yet', [], 1000, 'pending'],
    ['over for long, nothing said', [], 120_000, 'unknown'],
    ['all of it', [heard()], 1000, 'whole'],
    ['all but a fade', [heard({ playedMs: 58_500 })], 1000, 'whole'],
    ['a half', [heard({ playedMs: 30_000 })], 1000, 'part'],
    ['all of it, with holes', [heard({ concealedMs: 3000 })], 1000, 'part'],
    ['in two pieces', [heard({ playedMs: 25_000 }), heard({ playedMs: 35_000 })], 1000, 'whole'],
    ['nothing', [heard({ playedMs: 0 })], 1000, 'none'],
    ['a muted pole', [heard({ playedMs: 0, mutedByConfigMs: 60_000 })], 1000, 'muted'],
    ['muted half-way', [heard({ playedMs: 30_000, mutedByConfigMs: 29_500 })], 1000, 'muted'],
    ['muted for a while, and holes beside', [heard({ playedMs: 20_000, mutedByConfigMs: 20_000 })], 1000, 'part'],
    ['an interim receipt of a speaker that never came back', [heard({ playedMs: 20_000, final: false })], 120_000, 'part'],
  ])('%s', (_, receipts, endedAgoMs, expected) => {
    expect(outcome(receipts, endedAgoMs)).toBe(expected);
  });

  const cause = (receipts: ReceiptFigures[], giving: Partial<Giving> = {}, silences?: [number, number][]) => {
    const [one] = outcomesOf({
      ...{ clusters: [A], makeUps: [], causes: new Map(), endedAtMs: NOW_MS - 1000, nowMs: NOW_MS },
      giving: { passes: [], airedMs: 60_000, receipts, ...giving },
      ...(silences ? { silences: new Map([['a', silences.map(([fromMs, untilMs]) => ({ fromMs, untilMs }))]]) } : {}),
    });
    return `${one?.outcome} ${one?.cause?.code ?? '-'} ${Math.round((one?.playedMs ?? 0) / 1000)}`;
  };
  const pass = [{ fromMs: 0, untilMs: 60_000 }];
  it.each<[string, string, string]>([
    ['into a dead amplifier or an open line, as the pole says', cause([heard({ amplifierOk: false })]), 'none amplifier_failed 0'],
    ['the same of a message', cause([heard({ amplifierOk: false, heard: pass })], { passes: pass }), 'none amplifier_failed 0'],
    ['a line that opened half-way, as the faults say', cause([heard()], {}, [[31_000, Infinity]]), 'part - 30'],
    ['both', cause([heard({ amplifierOk: false })], {}, [[31_000, 90_000]]), 'part amplifier_failed 30'],
    ['a line that was open all the time', cause([heard()], {}, [[0, Infinity]]), 'none - 0'],
    ['a line that was open before', cause([heard()], {}, [[0, 1000]]), 'whole - 60'],
    ['a line that opened in the middle of a message', cause([heard({ heard: pass })], { passes: pass }, [[21_000, 31_000]]), 'part - 50'],
    ['a bulletin that was stopped before its end', cause([heard()], { isCutShort: true }), 'part cut_short 60'],
    ['a talk that was cut: it sounded as long as it lasted', cause([heard()], { isCutShort: false }), 'whole - 60'],
  ])('played %s', (_, found, expected) => {
    expect(found).toBe(expected);
  });

  it('counts first and last sound over all receipts, and only where there was sound', () => {
    const [one] = outcomesOf({
      ...{ clusters: [A], makeUps: [], causes: new Map(), endedAtMs: NOW_MS, nowMs: NOW_MS },
      giving: {
        passes: [],
        airedMs: 60_000,
        receipts: [
          heard({ firstSoundAtMs: 5, playedMs: 0 }),
          heard({ firstSoundAtMs: 10, lastSoundAtMs: 20 }),
          heard({ firstSoundAtMs: 30, lastSoundAtMs: 40 }),
        ],
      },
    });
    expect(one).toMatchObject({ firstSoundAtMs: 10, lastSoundAtMs: 40 });
  });

  const twoPasses = [
    { fromMs: 0, untilMs: 4200 },
    { fromMs: 7200, untilMs: 11_400 },
  ];
  const judged = (heardOf: ReceiptFigures['heard'], makeUps: Giving[] = []) =>
    outcomesOf({
      clusters: [A],
      giving: { passes: twoPasses, airedMs: 11_400, receipts: [heard({ playedMs: 8400, heard: heardOf })] },
      makeUps,
      causes: new Map([['a', { code: 'line_open', vi: 'đứt dây loa', en: 'line open' }]]),
      endedAtMs: NOW_MS,
      nowMs: NOW_MS,
    })[0];

  it('takes one whole pass for the whole message, and holes for holes, however long it sounded', () => {
    expect(judged([{ fromMs: 7150, untilMs: 11_400 }])).toMatchObject({ outcome: 'whole', heardMs: 4200, madeUp: false, cause: null });
    const holes = [
      { fromMs: 0, untilMs: 2000 },
      { fromMs: 2600, untilMs: 9000 },
      { fromMs: 9500, untilMs: 11_400 },
    ];
    expect(judged(holes)).toMatchObject({ outcome: 'part', heardMs: 3700, cause: { code: 'line_open' } });
    expect(judged([])).toMatchObject({ outcome: 'none', heardMs: 0 });
  });

  it('counts a pole that heard a make-up pass whole as made up, with the figures of that pass', () => {
    const makeUp: Giving = {
      passes: [{ fromMs: 60_000, untilMs: 64_200 }],
      airedMs: 4200,
      receipts: [heard({ firstSoundAtMs: 60_200, playedMs: 4200, heard: [{ fromMs: 60_000, untilMs: 64_200 }] })],
    };
    expect(judged([], [makeUp])).toMatchObject({ outcome: 'whole', madeUp: true, firstSoundAtMs: 60_200, playedMs: 4200, cause: null });
    expect(judged(twoPasses, [makeUp])).toMatchObject({ outcome: 'whole', madeUp: false, playedMs: 8400 });
    const inPieces = { ...makeUp, receipts: [heard({ heard: [{ fromMs: 62_000, untilMs: 64_200 }] })] };
    expect(judged([], [inPieces])).toMatchObject({ outcome: 'none', madeUp: false });
    expect(judged([], [inPieces, makeUp])).toMatchObject({ outcome: 'whole', madeUp: true });
  });
});

describe('the preview', () => {
  const preview = (fields: Partial<PreviewCase> = {}) =>
    previewOf({
      broadcast: broadcast(),
      fmWords: undefined,
      fmClusterCount: 0,
      hamletNames: ['Ấp 1', 'Ấp 3'],
      hamletCount: 2,
      isEverything: false,
      reach: { connected: 2, offline: 0, neverConnected: 0, withoutSpeaker: 0 },
      volumesDb: { loudest: -6, quietest: -6 },
      mutedCount: 0,
      nowMs: NOW_MS,
      timeZone: 'Asia/Ho_Chi_Minh',
      refusal: undefined,
      decisions: [],
      others: [],
      same: undefined,
      ...fields,
    });

  it('says that somebody gives the same emergency already, and whose other one it would end', () => {
    const running = { ...broadcast(), class: 'emergency' as const, title: 'Lũ', requestedByName: 'Chị Hoa' };
    const emergency = { ...broadcast(), broadcastId: 'another', class: 'emergency' as const };
    expect(preview({ broadcast: emergency, same: running }).vi).toContain('Chị Hoa đang phát đúng tin này tại đúng nơi này.');
    const by = [emergency.broadcastId];
    const ended = preview({
      broadcast: emergency,
      decisions: [{ do: 'end', broadcastId: running.broadcastId, why: 'preempted', by }],
      others: [running],
    });
    expect(ended.vi).toContain('Sẽ ngắt ‘Lũ’ (Chị Hoa) tại 2 cụm, không phát tiếp.');
    expect(ended.replaces).toMatchObject([{ resumes: false }]);
  });

  it('names a few hamlets, counts many', () => {
    expect(preview().vi).toBe('Bản tin ‘Lịch tiêm chủng’ sẽ phát ngay tại 2 cụm loa (Ấp 1, Ấp 3), âm lượng 50%, dài 3 phút 20 giây.');
    const many = preview({ hamletNames: ['1', '2', '3', '4', '5'], hamletCount: 5 });
    expect(many.vi).toContain('tại 2 cụm loa (5 ấp)');
  });

  it('says an hour so that morning and afternoon can’t be mistaken', () => {
    const at = (hourInVietnam: number): string =>
      preview({ broadcast: broadcast({ startsAtMs: Date.UTC(2026, 10, 23, hourInVietnam - 7) }) }).vi;
    expect(at(5)).toContain('lúc 05:00 (5 giờ sáng) ngày 23/11/2026');
    expect(at(17)).toContain('lúc 17:00 (5 giờ chiều)');
    expect(at(12)).toContain('(12 giờ trưa)');
    expect(at(21)).toContain('(9 giờ tối)');
    expect(at(24)).toContain('lúc 00:00 (0 giờ đêm) ngày 24/11/2026');
    expect(at(3)).toContain('(3 giờ sáng)');
  });

  it('tells what is interrupted, what is waited for, who is missing, and why not', () => {
    const other = broadcast({ broadcastId: '00000000-0000-4000-8000-000000000002', title: 'Nhạc', clusterIds: ['b', 'c'] });
    const preempt = { do: 'preempt' as const, broadcastId: other.broadcastId, by: [] };
    const wait = { do: 'wait' as const, broadcastId: broadcast().broadcastId, for: [other.broadcastId], untilMs: 0 };
    expect(preview({ decisions: [preempt], others: [other] }).vi).toContain('Sẽ ngắt ‘Nhạc’ tại 1 cụm, sau đó phát tiếp.');
    expect(preview({ decisions: [preempt], others: [{ ...other, onPreempted: 'end' }] }).vi).toContain('không phát tiếp');
    expect(preview({ decisions: [wait], others: [other] })).toMatchObject({ waitsFor: [{ title: 'Nhạc', clusterCount: 1 }], replaces: [] });
    expect(preview({ decisions: [wait], others: [other] }).vi).toContain('sẽ phát khi đến lượt tại');
    expect(preview({ reach: { connected: 1, offline: 1, neverConnected: 0, withoutSpeaker: 0 } }).vi).toContain('1 cụm đang mất kết nối.');
    expect(preview({ refusal: { code: 'x', vi: 'Lý do.', en: 'Reason.' } }).vi).toContain('Chưa phát được: Lý do.');
  });

  it('does not call lost what was never there', () => {
    const reach = { connected: 1, offline: 1, neverConnected: 1, withoutSpeaker: 1 };
    const { vi, en, connectedCount } = preview({ reach });
    expect(connectedCount).toBe(1);
    expect(vi).toContain('1 cụm đang mất kết nối. 1 cụm có bộ thu chưa kết nối lần nào. 1 cụm chưa có bộ thu.');
    expect(en).toContain('1 cluster not connected. 1 cluster with a speaker that never connected. 1 cluster without a speaker yet.');
    expect(preview({ reach: { ...reach, offline: 0 } }).vi).not.toContain('mất kết nối');
  });

  it('names the emergency volume, and the poles that will stay silent because they are muted', () => {
    const clusters = [
      { volumeDb: -40, muted: false, emergencyVolumeDb: 0 },
      { volumeDb: -6, muted: true, emergencyVolumeDb: -6 },
    ];
    const emergency = preview({ broadcast: broadcast({ class: 'emergency' }), ...loudnessOf('emergency', clusters) });
    expect(emergency.vi).toContain('âm lượng khẩn cấp 50–100%');
    expect(emergency.en).toContain('emergency volume 50–100%');
    expect(emergency.vi).not.toContain('tắt tiếng');
    const normal = preview({ ...loudnessOf('normal', [...clusters, { volumeDb: 0, muted: false, emergencyVolumeDb: 0 }]) });
    expect(normal.vi).toContain('âm lượng 1–100%');
    expect(normal.vi).toContain('1 cụm đang tắt tiếng, sẽ không phát.');
    const turnedDown = preview({ ...loudnessOf('normal', [...clusters, { volumeDb: -60, muted: false, emergencyVolumeDb: 0 }]) });
    expect(turnedDown.vi).toContain('2 cụm đang tắt tiếng, sẽ không phát.');
    const silent = preview({ ...loudnessOf('normal', [{ volumeDb: 0, muted: true, emergencyVolumeDb: 0 }]) });
    expect(silent.vi).toContain('không ra tiếng');
  });

  it('says that a warning is repeated until stopped, how long it takes once, and what it begins with', () => {
    const warning = broadcast({
      ...{ class: 'emergency', title: 'Bão', content: endless, durationMs: null, messageMs: 20_000 },
      attention: { signal: 'two_tone', durationMs: 6000 },
    });
    expect(preview({ broadcast: warning })).toMatchObject({
      vi: 'KHẨN CẤP: ‘Bão’ sẽ phát ngay tại 2 cụm loa (Ấp 1, Ấp 3), âm lượng khẩn cấp 50%, mỗi lần 20 giây, lặp lại đến khi dừng. Mở đầu bằng 6 giây tín hiệu báo động.',
      durationMs: null,
    });
    expect(preview({ broadcast: warning }).en).toContain(
      '20 seconds each time, repeated until stopped. It begins with 6 seconds of attention signal.',
    );
    expect(preview({ broadcast: broadcast({ content: microphone, durationMs: null }) }).vi).toContain('dài đến khi dừng');
  });

  it('gives the volume as it will be, with the gain, as a range where poles differ', () => {
    expect(preview({ volumesDb: { loudest: 0, quietest: -12 } }).vi).toContain('âm lượng 25–100%');
    expect(preview({ broadcast: broadcast({ gainDb: -6 }) }).vi).toContain('âm lượng 25%');
  });
});

describe('how long it is', () => {
  const attention = { signal: 'sweep' as const, durationMs: 6000 };
  it.each([
    ['a bulletin', { content: { ...bulletinContent, repeat: 3, pauseMs: 500 }, attention: null, messageMs: 10_000 }, 31_000],
    ['with its attention signal', { content: bulletinContent, attention, messageMs: 10_000 }, 16_000],
    ['said until stopped', { content: endless, attention, messageMs: 10_000 }, null],
    ['not made yet', { content: bulletinContent, attention: null, messageMs: null }, null],
    ['a microphone', { content: microphone, attention, messageMs: null }, null],
    ['a relay', { content: relay, attention: null, messageMs: null }, relay.durationMs],
  ])('%s', (_, lengths, expected) => {
    expect(durationOf(lengths)).toBe(expected);
  });

  it.each([
    ['in the attention signal', 5000, 0],
    ['in the first saying', 15_999, 0],
    ['after it', 16_000, 1],
    ['in the pause', 20_000, 1],
    ['in the second', 30_999, 1],
    ['after the second', 31_000, 2],
    ['after an hour', 6000 + 240 * 15_000, 240],
  ])('has been said, %s', (_, positionMs, expected) => {
    expect(timesSaid({ content: endless, attention, messageMs: 10_000, positionMs })).toBe(expected);
  });

  it('is never said more often than was asked for, and nothing is counted that is no bulletin', () => {
    expect(timesSaid({ content: { ...bulletinContent, repeat: 2 }, attention, messageMs: 1000, positionMs: 90_000 })).toBe(2);
    expect(timesSaid({ content: microphone, attention, messageMs: null, positionMs: 90_000 })).toBeNull();
    expect(timesSaid({ content: endless, attention, messageMs: null, positionMs: 90_000 })).toBeNull();
  });
});

describe('the attention signal of an emergency', () => {
  const settings = { attentionSignal: 'whoop' as const, attentionMs: 6000 };
  it.each([
    ['a warning', 'warning' as const, 0, { signal: 'whoop', durationMs: 6000 }],
    ['a correction', 'correction' as const, 0, { signal: 'correction', durationMs: 6000 }],
    ['an all-clear', 'all_clear' as const, 0, { signal: 'all_clear', durationMs: 6000 }],
    ['no emergency', null, 0, null],
    ['an amplifier that is awake before it ends', 'warning' as const, 5000, { signal: 'whoop', durationMs: 6000 }],
    ['an amplifier that is not', 'warning' as const, 7310, { signal: 'whoop', durationMs: 8320 }],
    ['the slowest', 'warning' as const, 10_000, { signal: 'whoop', durationMs: 11_000 }],
  ])('%s', (_, kind, wakeUpMs, expected) => {
    expect(attentionOf(kind, settings, wakeUpMs)).toEqual(expected);
  });
});

it.each([
  [400, '1 giây', '1 second'],
  [61_000, '1 phút 1 giây', '1 minute 1 second'],
  [3_600_000, '1 giờ', '1 hour'],
  [7_384_000, '2 giờ 3 phút 4 giây', '2 hours 3 minutes 4 seconds'],
])('%i ms in words', (durationMs, vi, en) => {
  expect(durationInWords(durationMs)).toEqual({ vi, en });
});
