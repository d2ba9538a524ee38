import type { Air, AirEnd, AirProgress } from '../air/air.ts';
import type { Clock, Timer } from '../clock.ts';
import type { Distributor } from '../distribution/distributor.ts';
import { AppError, errorText } from '../errors.ts';
import type { Events } from '../events.ts';
import type { BroadcastStatus, BroadcastSummary } from '../protocol/broadcasts.ts';
import type { SentStretch } from '../protocol/sent-sound.ts';
import type { SpeakerDirectory } from '../speakers/speaker-directory.ts';
import type { Logger } from '../telemetry/logger.ts';
import { Airing } from './airing.ts';
import { type AirEvent, channelClusters, type Decision, nextLookMs, step } from './arbitration.ts';
import { type AirState, contenderOf, heldFor, type NewContender, SILENT_AIR } from './contender.ts';
import type { CaptureInterval } from './hearing.ts';
import { HearingWatch } from './hearing-watch.ts';
import type { Journal } from './journal.ts';
import { type BroadcastRecord, type EndReason, isOver, type RecordPatch, summaryOf } from './record.ts';
import type { Urgent } from './same-emergency.ts';
import { SpeakerChannels } from './speaker-channels.ts';
import { verdictOf } from './verdict.ts';
import { REASONS } from './words.ts';

/** Decisions for a set instant are taken this long before the first capture. */
const DECIDE_LEAD_MS = 300;
/** A start closer than this counts as "now". */
const NOW_MS = 250;
/** After the first speaker is there, the others get this long before a broadcast that waited for speakers begins; it begins sooner when all are there. */
const GATHER_MS = 1000;
/** More than a day of an emergency that repeats until somebody ends it. */
const PASSES_KEPT_MAX = 5000;
const PULSE_MS = 1000;
const PULSES_PER_CHECKPOINT = 2;

export interface EngineDeps {
  air: Air;
  distributor: Distributor;
  speakers: SpeakerDirectory;
  clock: Clock;
  events: Events;
  logger: Logger;
  journal: Pick<Journal, 'patch' | 'note'>;
  /** Whether these are all IP clusters of the commune. */
  isEverything(clusterIds: readonly string[]): boolean;
  /** So loud a stretch of it was sent; it begins to sound; the last of it is on its way; it is over. */
  onSentSound(record: BroadcastRecord, stretch: SentStretch): void;
  onStarted(record: BroadcastRecord): void;
  onSent(record: BroadcastRecord): void;
  onOver(record: BroadcastRecord): void;
}

/** The broadcasts that are due or on the air: asks arbitration what must happen, and makes it happen. */
export class BroadcastEngine {
  readonly channels: SpeakerChannels;
  #deps: EngineDeps;
  #state: AirState = SILENT_AIR;
  /** The emergencies for whose sake clusters are held, which may be over. */
  #heldFor = new Map<string, BroadcastRecord>();
  #airings = new Map<string, Airing>();
  #timers = new Map<string, Timer>();
  #queue: AirEvent[] = [];
  #isStepping = false;
  #order = 0;
  #look: Timer | undefined;
  #pulse: Timer | undefined;
  #pulses = 0;
  #hearing: HearingWatch;

  constructor(deps: EngineDeps) {
    this.#deps = deps;
    this.channels = new SpeakerChannels({ ...deps, onJoined: (broadcastId) => this.#speakerJoined(broadcastId) });
    this.#hearing = new HearingWatch(deps);
  }

  start(): void {
    this.channels.start();
    this.#pulse = this.#deps.clock.every('broadcast pulse', PULSE_MS, () => this.#beat());
  }

  /** Falls silent without ending anything: what was on the air goes on at the next start. */
  close(): void {
    this.#pulse?.cancel();
    this.#look?.cancel();
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
    for (const airing of this.#airings.values()) {
      airing.abandon();
      this.#deps.journal.patch(airing.record.broadcastId, { positionMs: airing.record.positionMs });
    }
    this.channels.close();
  }

  record(broadcastId: string): BroadcastRecord | undefined {
    return this.#airings.get(broadcastId)?.record;
  }

  records(): BroadcastRecord[] {
    return [...this.#airings.values()].map((airing) => airing.record);
  }

  summary(record: BroadcastRecord): BroadcastSummary {
    const isOnAir = this.#state.contenders.get(record.broadcastId)?.phase === 'on_air';
    const airing = this.#airings.get(record.broadcastId);
    const position = airing ? { ...record, positionMs: airing.heardMs() } : record;
    return summaryOf(position, {
      hearingClusters: isOver(record) ? 0 : this.#hearing.count(record),
      heldOffClusterIds: isOnAir ? this.heldOff(record) : [],
    });
  }

  /** The emergencies that were given and are not over, and that nothing newer has taken a cluster from, with their bulletins' files. */
  emergencies(): Urgent[] {
    return [...this.#airings.values()].flatMap(({ record, masterPath }) => {
      const contender = this.#state.contenders.get(record.broadcastId);
      const isHeard = contender?.phase === 'waiting' || contender?.plays.size === record.clusterIds.length;
      return record.class === 'emergency' && record.makesUpFor === null && isHeard ? [{ record, masterPath }] : [];
    });
  }

  /** The emergencies for whose sake clusters are held. */
  heldForRecords(): BroadcastRecord[] {
    return [...this.#state.holds.keys()].flatMap((broadcastId) => this.#heldFor.get(broadcastId) ?? []);
  }

  /** Its clusters where it can't sound just now: where something else has the loudspeaker, or nothing may begin for a while after an emergency. */
  heldOff(record: BroadcastRecord): string[] {
    const contender = this.#state.contenders.get(record.broadcastId);
    if (contender?.phase === 'on_air') return record.clusterIds.filter((clusterId) => !contender.plays.has(clusterId));
    const silent = { class: record.class, plays: new Set<string>() };
    return record.clusterIds.filter((clusterId) => heldFor(this.#state.holds, silent, clusterId) !== undefined);
  }

  /** Lets nothing lower begin or go on at these clusters until then; none: lets all go that were held for this emergency. */
  hold(record: BroadcastRecord, clusterIds: ReadonlySet<string>, untilMs: number): void {
    if (clusterIds.size > 0) this.#heldFor.set(record.broadcastId, record);
    else this.#heldFor.delete(record.broadcastId);
    this.#happen({ type: 'held', broadcastId: record.broadcastId, clusterIds, untilMs });
  }

  /** What would be decided if this broadcast were due now and everybody who is being prepared were ready. */
  foresee(record: BroadcastRecord): readonly Decision[] {
    const contenders = new Map([...this.#state.contenders].map(([id, contender]) => [id, { ...contender, ready: true }]));
    const state: AirState = { ...this.#state, contenders };
    const nowMs = this.#deps.clock.nowMs();
    const settled = step(state, { type: 'tick' }, nowMs).state;
    return step(settled, { type: 'admitted', contender: this.#contender(record, nowMs, true) }, nowMs).decisions;
  }

  /**
   * Takes a broadcast whose content is ready towards the air. An emergency to everything sounds before this returns.
   * @param options.masterPath the bulletin's file, null for other content
   * @param options.isResumed it was on the air when the controller went down
   */
  take(record: BroadcastRecord, options: { masterPath: string | null; isResumed: boolean }): void {
    const { clock, journal } = this.#deps;
    const nowMs = clock.nowMs();
    const isScheduled = record.startsAtMs > nowMs + NOW_MS && !options.isResumed;
    const usesStanding = record.class === 'emergency' && !isScheduled && !options.isResumed && this.#mayStand(record);
    const facts = {
      onProgress: ({ levelDb, isProgramme }: Pick<AirProgress, 'levelDb' | 'isProgramme'>) => {
        if (isProgramme) this.#hearing.programme(record.broadcastId);
        this.#deps.events.emit('broadcast.progress', { broadcastId: record.broadcastId, positionMs: record.positionMs, levelDb });
      },
      onSentSound: (stretch: SentStretch) => this.#deps.onSentSound(record, stretch),
      onPass: (pass: CaptureInterval) => this.#passed(record, pass),
      onSent: () => this.#deps.onSent(record),
      onEnd: (end: AirEnd) => this.#ended(record, end),
    };
    const airing = new Airing({ ...this.#deps, channels: this.channels }, facts, record, { usesStanding, isScheduled });
    airing.setMaster(options.masterPath);
    this.#airings.set(record.broadcastId, airing);
    if (record.class === 'emergency' && !isScheduled && !options.isResumed) this.#foretellTaken(record);
    if (record.status !== 'preparing') this.#change(record, { status: 'preparing' });
    const dueAtMs = isScheduled ? record.startsAtMs - airing.delays.firstMs - DECIDE_LEAD_MS : nowMs;
    const contender = this.#contender(record, dueAtMs, usesStanding);
    // Its tolerance counts from its own instant, however late it comes here.
    const toleranceMs = isScheduled ? record.latestStartMs : Math.max(0, record.startsAtMs + record.latestStartMs - nowMs);
    const latestStartMs = options.isResumed ? contender.longestPauseMs : toleranceMs;
    this.#happen({ type: 'admitted', contender: { ...contender, latestStartMs } });
    journal.note(record.broadcastId, 'preparing', { clusters: record.clusterIds.length, playoutDelayMs: airing.delays.lastMs });
    if (!usesStanding) void this.#open(airing, record.class === 'emergency' && !options.isResumed);
  }

  /** Ends it for good, whatever it was doing. */
  conclude(record: BroadcastRecord, status: BroadcastStatus, reason: EndReason | null, immediately = true): void {
    if (isOver(record)) return;
    const { broadcastId } = record;
    this.#timers.get(broadcastId)?.cancel();
    this.#timers.delete(broadcastId);
    this.#airings.get(broadcastId)?.stop(immediately);
    this.#airings.delete(broadcastId);
    this.#hearing.forget(broadcastId);
    this.#change(record, { status, endReason: reason, endedAtMs: this.#deps.clock.nowMs(), positionMs: record.positionMs });
    this.#deps.journal.note(broadcastId, status, { reason: reason?.code ?? null, positionMs: record.positionMs });
    this.#deps.onOver(record);
    this.#happen({ type: 'ended', broadcastId });
  }

  async #open(airing: Airing, evenAlone: boolean): Promise<void> {
    const { record } = airing;
    try {
      await airing.open();
      if (evenAlone || this.channels.joined(airing.channelId) > 0) this.#happen({ type: 'readied', broadcastId: record.broadcastId });
      else this.#deps.journal.note(record.broadcastId, 'waiting_for_speakers');
    } catch (error) {
      this.#deps.logger.error({ broadcastId: record.broadcastId, error: errorText(error) }, 'a channel could not be opened');
      this.conclude(record, 'failed', error instanceof AppError ? { code: error.code, ...error.words } : REASONS.defect());
    }
  }

  #speakerJoined(broadcastId: string): void {
    const contender = this.#state.contenders.get(broadcastId);
    const waitMs = this.channels.isComplete(broadcastId) ? 0 : GATHER_MS;
    if (!contender || contender.ready || (waitMs > 0 && this.#timers.has(broadcastId))) return;
    this.#setTimer(broadcastId, this.#deps.clock.nowMs() + waitMs, () => this.#happen({ type: 'readied', broadcastId }));
  }

  #contender(record: BroadcastRecord, dueAtMs: number, ready: boolean): NewContender {
    this.#order += 1;
    return contenderOf(record, { dueAtMs, ready, order: this.#order });
  }

  #mayStand(record: BroadcastRecord): boolean {
    // A make-up pass is for some poles and must be stopped without the others.
    if (record.makesUpFor !== null) return false;
    const isBusy = [...this.#airings.values()].some((airing) => airing.usesStanding);
    return !isBusy && this.#deps.isEverything(record.clusterIds);
  }

  /** One event at a time: what a decision sets off comes after all decisions of the one before. */
  #happen(event: AirEvent): void {
    this.#queue.push(event);
    if (this.#isStepping) return;
    this.#isStepping = true;
    let nowMs = this.#deps.clock.nowMs();
    try {
      for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
        nowMs = this.#deps.clock.nowMs();
        const done = step(this.#state, next, nowMs);
        this.#state = done.state;
        for (const decision of done.decisions) this.#carryOut(decision);
        const held = new Set([...this.#state.holds.values()].flatMap((hold) => [...hold.clusterIds]));
        for (const { channelId, record } of this.#airings.values()) {
          this.channels.setClusters(channelId, channelClusters(this.#state, record.broadcastId), held);
        }
      }
    } finally {
      this.#isStepping = false;
    }
    this.#look?.cancel();
    // From the same instant that was judged: a timer may fire a fraction early, and what falls due in between must not be overlooked.
    const lookMs = nextLookMs(this.#state, nowMs);
    this.#look = lookMs === undefined ? undefined : this.#deps.clock.at('arbitration', lookMs, () => this.#happen({ type: 'tick' }));
  }

  #carryOut(decision: Decision): void {
    const airing = this.#airings.get(decision.broadcastId);
    if (!airing) return;
    const { record } = airing;
    const { journal } = this.#deps;
    try {
      if (decision.do === 'start' || decision.do === 'resume') {
        journal.note(record.broadcastId, decision.do, { clusters: decision.plays.size, heldOff: Object.fromEntries(decision.heldOff) });
        this.#sound(airing);
      } else if (decision.do === 'shift') {
        this.#tellTaken(record, [...decision.lost.values()]);
        journal.note(record.broadcastId, 'shift', {
          clusters: decision.plays.size,
          lost: Object.fromEntries(decision.lost),
          gained: [...decision.gained],
        });
        this.#deps.events.emit('broadcast.changed', { broadcast: this.summary(record) });
      } else if (decision.do === 'preempt') {
        this.#preempt(airing, decision.by);
      } else if (decision.do === 'wait') {
        journal.note(record.broadcastId, 'waiting', { for: decision.for, untilMs: decision.untilMs });
      } else {
        const isReplaced = record.class === 'emergency' && decision.do === 'end';
        if (isReplaced) this.#tellTaken(record, decision.by);
        const by = decision.by.flatMap((id) => this.record(id) ?? this.#heldFor.get(id) ?? []);
        // What was sent ahead of a replaced emergency would be heard after a shorter new one.
        this.conclude(record, ...verdictOf(decision, record, by), isReplaced);
      }
    } catch (error) {
      this.#deps.logger.error(
        { broadcastId: record.broadcastId, decision: decision.do, error: errorText(error) },
        'a decision could not be carried out',
      );
      this.conclude(record, 'failed', REASONS.defect());
    }
  }

  /** Whoever gives it is told at once what it takes over, though its channel may still have to be opened. */
  #foretellTaken(newer: BroadcastRecord): void {
    for (const decision of this.foresee(newer)) {
      const older = this.record(decision.broadcastId);
      if (older && (decision.do === 'end' || decision.do === 'shift')) this.#tellTaken(older, [newer.broadcastId]);
    }
  }

  /** Notes with the newer emergencies from which older one they take clusters. */
  #tellTaken(older: BroadcastRecord, by: readonly string[]): void {
    if (older.class !== 'emergency' || older.makesUpFor !== null) return;
    for (const id of new Set(by)) {
      const newer = this.record(id);
      if (newer?.class !== 'emergency' || newer.tookOver?.includes(older)) continue;
      newer.tookOver = [...(newer.tookOver ?? []), older];
      this.#deps.journal.note(older.broadcastId, 'taken_over', { by: id });
      this.#deps.events.emit('broadcast.changed', { broadcast: this.summary(newer) });
    }
  }

  #sound(airing: Airing): void {
    const { record } = airing;
    const soundsAtMs = airing.isRunning ? this.#deps.clock.nowMs() : airing.begin();
    const startedAtMs = record.startedAtMs ?? soundsAtMs;
    record.startedAtMs = startedAtMs;
    const tell = (): void => {
      if (this.#state.contenders.get(record.broadcastId)?.phase !== 'on_air') return;
      this.#change(record, { status: 'on_air', startedAtMs, preemptedBy: null });
      this.#hearing.expect(record, soundsAtMs);
      this.#deps.onStarted(record);
    };
    if (airing.usesStanding) tell();
    else this.#setTimer(record.broadcastId, soundsAtMs, tell);
  }

  #preempt(airing: Airing, by: readonly string[]): void {
    const { record } = airing;
    const nowMs = this.#deps.clock.nowMs();
    this.#timers.get(record.broadcastId)?.cancel();
    this.#timers.delete(record.broadcastId);
    this.#deps.journal.note(record.broadcastId, 'preempted', { by });
    this.#hearing.forget(record.broadcastId);
    const takers = by.flatMap((id) => this.#airings.get(id) ?? []);
    if (airing.isLive && airing.usesStanding) {
      // The standing channel is wanted, and live sound can't be put aside.
      this.conclude(record, 'cut', REASONS.preempted(takers.map((taker) => taker.record)));
      return;
    }
    const soundsAtMs = Math.min(...takers.map((taker) => taker.record.startedAtMs ?? taker.soundsAtMs()));
    if (!airing.isLive) airing.pause(Number.isFinite(soundsAtMs) ? Math.max(nowMs, soundsAtMs) : nowMs);
    if (record.status === 'preparing') record.startedAtMs = null;
    this.#change(record, { status: 'preempted', preemptedBy: by[0] ?? null });
  }

  #passed(record: BroadcastRecord, pass: CaptureInterval): void {
    record.passes = [...record.passes, pass].slice(-PASSES_KEPT_MAX);
    this.#deps.journal.patch(record.broadcastId, { passes: record.passes });
    this.#deps.journal.note(record.broadcastId, 'pass', { ...pass });
  }

  #ended(record: BroadcastRecord, end: AirEnd): void {
    if (end.how === 'finished') {
      this.conclude(record, 'finished', null, false);
    } else if (end.how === 'failed') {
      const { error } = end;
      this.#deps.logger.error({ broadcastId: record.broadcastId, error: errorText(error) }, 'the source of a broadcast failed');
      this.conclude(record, 'failed', error instanceof AppError ? REASONS.sourceFailed(error.words, error.code) : REASONS.defect(), false);
    } else {
      this.conclude(record, 'cut', REASONS.defect());
    }
  }

  #beat(): void {
    this.#pulses += 1;
    for (const { record } of this.#airings.values()) {
      if (record.status !== 'on_air') continue;
      if (this.#hearing.look(record)) this.#deps.events.emit('broadcast.changed', { broadcast: this.summary(record) });
      if (this.#pulses % PULSES_PER_CHECKPOINT === 0) this.#deps.journal.patch(record.broadcastId, { positionMs: record.positionMs });
    }
  }

  #setTimer(broadcastId: string, atMs: number, task: () => void): void {
    this.#timers.get(broadcastId)?.cancel();
    const timer = this.#deps.clock.at(`broadcast ${broadcastId}`, atMs, () => {
      if (this.#timers.get(broadcastId) === timer) this.#timers.delete(broadcastId);
      task();
    });
    this.#timers.set(broadcastId, timer);
  }

  #change(record: BroadcastRecord, patch: RecordPatch): void {
    Object.assign(record, patch);
    this.#deps.journal.patch(record.broadcastId, patch);
    this.#deps.events.emit('broadcast.changed', { broadcast: this.summary(record) });
  }
}
