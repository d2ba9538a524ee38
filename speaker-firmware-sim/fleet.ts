import { mkdirSync } from 'node:fs';
import type { ClaimCode } from '../controller/protocol/enrolment.ts';
import { afterPendingInput, type Clock, createSystemClock, type RunningClock, type Timer } from './clock.ts';
import { HornRecorder } from './listen/horn-recorder.ts';
import type { ProfileName } from './network/profiles.ts';
import { TimerWheel } from './network/timer-wheel.ts';
import { createRandom } from './random.ts';
import { type FleetReport, makeReport } from './report/fleet-report.ts';
import { noPackets, type PacketCounts, packetsSince } from './report/packet-counts.ts';
import { reportText } from './report/report-text.ts';
import { SkewMeter } from './report/skew.ts';
import { type FirstSound, SpeakerMeasurements } from './report/speaker-measurements.ts';
import { IdentityStore } from './speaker/identity.ts';
import { Speaker } from './speaker/speaker.ts';

export interface FleetMember {
  speakerId: string;
  hamletId: string;
  /** Needed for the first start only; afterwards the identity is kept. */
  claim?: ClaimCode | undefined;
}

export interface FleetOptions {
  members: readonly FleetMember[];
  /** Identities and receipts, one folder for each speaker. */
  identityDirectory: string;
  network?: ProfileName;
  seed?: number | string;
  /** Crystals are drawn evenly from +- this. */
  driftPpm?: number;
  wanderPpm?: number;
  /** Share of the speakers that decode what they receive, 0 to 1; those that are listened to always do. */
  decodeShare?: number;
  /** What amplifiers need to wake up (see AmplifierPower), and the share of the speakers that have such; the others never sleep. */
  wakeUpMs?: number;
  wakeUpShare?: number;
  /** Share with a battery that outlives the mains. */
  batteryShare?: number;
  /** Speaker id to WAV file. */
  listen?: ReadonlyMap<string, string>;
  /** Speakers switch on evenly over this time. */
  rampMs?: number;
  clock?: Clock;
  log?: (level: 'info' | 'warn', message: string) => void;
}

export interface LiveStatus {
  speakers: number;
  connected: number;
  receiving: number;
  hearing: number;
  broadcastIds: string[];
  startLatencyMs: number | null;
  skewP50Ms: number | null;
  skewP99Ms: number | null;
  lossPercent: number;
  concealedPercent: number;
}

export interface Fleet {
  readonly speakers: readonly Speaker[];
  speaker(speakerId: string): Speaker | undefined;
  /** Switches all speakers on; resolves when each has its identity or has failed to get one. */
  start(): Promise<void>;
  /** Idempotent. Recordings are completed, sockets closed, timers ended. */
  close(): Promise<void>;
  report(): FleetReport;
  reportText(): string;
  /** Forgets what was measured so far, so that a bench can leave out the warm-up. */
  resetMeasurements(): void;
  status(): LiveStatus;
  /** Bench: each speaker's first sounding sample of each broadcast, as it happens. Returns the function that unsubscribes. */
  onFirstSound(listener: (sound: FirstSound) => void): () => void;
  readonly skew: SkewMeter;
  /** Resolves when so many speakers have a media path; rejects after the time-out. */
  untilReceiving(count: number, timeOutMs: number): Promise<void>;
}

const TICK_MS = 10;
const SKEW_PERIOD_MS = 100;
const WHEEL_SLOT_MS = 2;
/** Ticks later than this are told in the report: figures of latency and loss then contain the machine's own trouble. */
const STALL_ABOVE_MS = 10;
const DEFAULT_WANDER_PPM = 0.02;

export function createFleet(options: FleetOptions): Fleet {
  const ownClock: RunningClock | undefined = options.clock ? undefined : createSystemClock();
  const clock: Clock = options.clock ?? (ownClock as RunningClock);
  const log = options.log ?? (() => {});
  const random = createRandom(options.seed ?? 1);
  const wheel = new TimerWheel(clock, WHEEL_SLOT_MS);
  const identities = new IdentityStore(options.identityDirectory);
  const skew = new SkewMeter();
  const listeners = new Set<(sound: FirstSound) => void>();
  const recorders = new Map<string, HornRecorder>();
  const driftPpm = options.driftPpm ?? 50;
  let speakers: Speaker[] = [];
  let timers: Timer[] = [];
  let startedAtMs = clock.nowMs();
  let cpuAtStart = process.cpuUsage();
  let closed = false;
  let lastTickMs = 0;
  let stalls = { totalMs: 0, longestMs: 0 };
  /** When the measurement began. */
  let packetsBefore = new Map<Speaker, PacketCounts>();

  function create(member: FleetMember, index: number): Speaker {
    const own = random.fork(member.speakerId);
    const file = options.listen?.get(member.speakerId);
    if (file !== undefined) recorders.set(member.speakerId, new HornRecorder(file, Math.ceil(clock.nowMs())));
    const link: { speaker?: Speaker } = {};
    const measurements = new SpeakerMeasurements({
      speakerId: member.speakerId,
      hamletId: member.hamletId,
      wasDown: (fromMs, untilMs) => link.speaker?.link.wasDownBetween(fromMs, untilMs) ?? false,
    });
    measurements.onFirstSound = (sound) => {
      for (const listener of listeners) listener(sound);
    };
    /** Evenly among the speakers, so that a share of few is not left to chance. */
    const isAmong = (share: number): boolean => Math.floor((index + 1) * share) > Math.floor(index * share);
    const speaker = new Speaker({
      claim: member.claim,
      speakerId: member.speakerId,
      hamletId: member.hamletId,
      identities,
      clock,
      random: own,
      wheel,
      driftPpm: (own.next() * 2 - 1) * driftPpm,
      wanderPpm: options.wanderPpm ?? DEFAULT_WANDER_PPM,
      horns: 1 + Math.floor(own.next() * 4),
      battery: own.next() < (options.batteryShare ?? 0.5),
      wakeUpMs: isAmong(options.wakeUpShare ?? 1) ? (options.wakeUpMs ?? 0) : 0,
      decode: isAmong(options.decodeShare ?? 0),
      recorder: recorders.get(member.speakerId),
      measurements,
      log,
    });
    link.speaker = speaker;
    const network = options.network ?? 'lan';
    speaker.link.setProfile(network);
    if (network.startsWith('4g')) {
      speaker.surroundings.networkKind = '4g';
      speaker.surroundings.signalDbm = -75 - Math.floor(own.next() * 30);
    }
    return speaker;
  }

  function tick(): void {
    if (closed) return;
    const nowMs = clock.nowMs();
    const lateMs = nowMs - lastTickMs - TICK_MS;
    if (lastTickMs > 0 && lateMs > STALL_ABOVE_MS) {
      stalls.totalMs += lateMs;
      stalls.longestMs = Math.max(stalls.longestMs, lateMs);
    }
    lastTickMs = nowMs;
    for (const speaker of speakers) speaker.tick(nowMs);
  }

  function sampleSkew(): void {
    const nowMs = clock.nowMs();
    const sounding = [];
    for (const speaker of speakers) {
      const now = speaker.measurements.sounding(nowMs);
      if (!now) continue;
      sounding.push({
        hamletId: speaker.hamletId,
        channelId: now.channel.description.channelId,
        // Two poles with other alignment delays are meant to sound apart; the delay is part of what is due.
        syncErrorMs: now.syncErrorMs,
        soundingForMs: now.trueMs - now.sinceMs,
      });
    }
    if (sounding.length > 1) skew.sample(sounding);
  }

  const fleet: Fleet = {
    get speakers() {
      return speakers;
    },
    skew,
    speaker: (speakerId) => speakers.find((speaker) => speaker.speakerId === speakerId),
    async start() {
      ownClock?.start();
      mkdirSync(options.identityDirectory, { recursive: true, mode: 0o700 });
      startedAtMs = clock.nowMs();
      cpuAtStart = process.cpuUsage();
      speakers = options.members.map(create);
      timers = [clock.every('speakers', TICK_MS, () => afterPendingInput(tick)), clock.every('skew', SKEW_PERIOD_MS, sampleSkew)];
      const rampMs = options.rampMs ?? speakers.length * 4;
      await Promise.all(
        speakers.map(
          (speaker, index) =>
            new Promise<void>((resolve, reject) => {
              const on = (): void => void speaker.powerOn().then(resolve, reject);
              timers.push(clock.after('switch on', (rampMs * index) / speakers.length, on));
            }),
        ),
      );
    },
    async close() {
      if (closed) return;
      closed = true;
      for (const timer of timers) timer.cancel();
      for (const speaker of speakers) speaker.close(true);
      await new Promise<void>((resolve) => void clock.after('last words', 150, resolve));
      for (const speaker of speakers) speaker.discardSockets();
      for (const [speakerId, recorder] of recorders) {
        const speaker = fleet.speaker(speakerId);
        recorder.close(clock.nowMs(), { speakerId, hamletId: speaker?.hamletId ?? '', driftPpm: speaker?.oscillator.ratePpm ?? 0 });
      }
      wheel.close();
      ownClock?.close();
    },
    report() {
      const cpu = process.cpuUsage(cpuAtStart);
      return makeReport({
        speakers,
        packetsOf: (speaker) => packetsSince(speaker.packets, packetsBefore.get(speaker) ?? noPackets()),
        skew,
        startedAtMs,
        nowMs: clock.nowMs(),
        network: options.network ?? 'lan',
        cpuMs: (cpu.user + cpu.system) / 1000,
        stalls,
      });
    },
    reportText: () => reportText(fleet.report()),
    resetMeasurements() {
      skew.all.reset();
      skew.settled.reset();
      for (const speaker of speakers) {
        speaker.measurements.reset();
        speaker.playout.hostLateBlocks = 0;
      }
      stalls = { totalMs: 0, longestMs: 0 };
      packetsBefore = new Map(speakers.map((speaker) => [speaker, speaker.packets]));
      startedAtMs = clock.nowMs();
      cpuAtStart = process.cpuUsage();
    },
    status() {
      const nowMs = clock.nowMs();
      const hearing = speakers.filter((speaker) => speaker.measurements.sounding(nowMs));
      const report = fleet.report();
      const broadcastIds = new Set<string>();
      for (const speaker of hearing) {
        const id = speaker.playout.winner?.description.broadcastId;
        if (id) broadcastIds.add(id);
      }
      const recent = skew.recent();
      const last = report.broadcasts.at(-1);
      return {
        speakers: speakers.length,
        connected: report.connected,
        receiving: report.receiving,
        hearing: hearing.length,
        broadcastIds: [...broadcastIds],
        startLatencyMs: last ? last.startLatencyMs.p99 : null,
        skewP50Ms: hearing.length > 1 ? recent.p50 : null,
        skewP99Ms: hearing.length > 1 ? recent.p99 : null,
        lossPercent: 100 * report.packets.lossShare,
        concealedPercent: 100 * report.sound.concealedShare,
      };
    },
    onFirstSound(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async untilReceiving(count, timeOutMs) {
      const untilMs = clock.monotonicMs() + timeOutMs;
      for (;;) {
        const receiving = speakers.filter((speaker) => speaker.receiving).length;
        if (receiving >= count) return;
        if (clock.monotonicMs() > untilMs) throw new Error(`${receiving} of ${count} speakers have a media path after ${timeOutMs} ms`);
        await new Promise<void>((resolve) => void clock.after('until receiving', 50, resolve));
      }
    },
  };
  return fleet;
}
