import type { Clock, Timer } from '../clock.ts';
import { errorText } from '../errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { AirEnd, AirRequest, AirRun, Pass, SourcePacket } from './air.ts';
import type { AirCounters } from './air-metrics.ts';
import type { AiredCopies, AiredCopyWriter } from './aired-copies.ts';
import { DueSound } from './due-sound.ts';
import { createLevelMeter, type LevelMeter, SILENCE_DB } from './level-meter.ts';
import { LivePlacement } from './live-placement.ts';
import { silencePacket } from './opus-silence.ts';
import { type PaceOptions, type SentPacket, sendInstant } from './pace.ts';
import { SentSound } from './sent-sound.ts';
import { Timeline } from './timeline.ts';

export interface AirRunDeps {
  clock: Clock;
  logger: Logger;
  /** Where a request names none. */
  pace: PaceOptions;
  copies: AiredCopies;
  counters: AirCounters;
}

const PROGRESS_MS = 500;
/** Live sound that is so far from where the timeline ends comes after a step of the clock. */
const LOST_MS = 2000;
/** So often a packet that waits for its instant looks whether the wall clock was set. */
const LOOK_AT_WALL_MS = 500;
/** Speakers conceal gaps up to 200 ms; before that the channel is kept with silence. */
const FILL_AFTER_MS = 120;
const FILL_MS = 20;
const QUIET_DB = -50;

type Waited = 'ready' | 'time' | 'stopped';

/** One programme on air. A single loop owns everything; `stop` only wakes it. */
export class AirRunImpl implements AirRun {
  readonly broadcastId: string;
  readonly ended: Promise<AirEnd>;
  /** Resolves when source, copy and timers are closed too. */
  readonly closed: Promise<void>;
  #deps: AirRunDeps;
  #request: AirRequest;
  #timeline: Timeline | undefined;
  #placement = new LivePlacement();
  #copy: AiredCopyWriter | undefined;
  #meter: LevelMeter | undefined;
  #progress: Timer | undefined;
  #starting: Promise<void> | undefined;
  #pendingRead: Promise<SourcePacket | null> | undefined;
  #previous: SentPacket | undefined;
  /** The giving of the message that is under way. */
  #pass: Pass | undefined;
  #due: DueSound;
  #sent: SentSound;
  #pace: PaceOptions;
  #stoppedAtMs: number | undefined;
  #contentStartMs = 0;
  #markNext = true;
  #filling = false;
  #live = false;
  #stopped = false;
  #wake: (() => void) | undefined;

  constructor(deps: AirRunDeps, request: AirRequest) {
    this.broadcastId = request.broadcastId;
    this.#deps = deps;
    this.#request = request;
    this.#pace = request.pace ?? deps.pace;
    this.#sent = new SentSound((stretch) => request.onSent?.(stretch));
    this.#due = new DueSound(({ payload, levelDb = this.#meter?.measure(payload) ?? SILENCE_DB, positionMs, ...place }) => {
      this.#copy?.write(payload);
      if (positionMs !== undefined) this.#sent.add({ ...place, levelDb, positionMs });
    });
    this.ended = this.#air();
    this.closed = this.ended.then(() => this.#close());
  }

  positionMs(): number {
    const { skipMs } = this.#request;
    if (!this.#timeline) return skipMs;
    const heardMs = Math.min(this.#deps.clock.nowMs(), this.#timeline.endMs()) - this.#contentStartMs;
    return skipMs + Math.max(0, heardMs);
  }

  sentUntilMs(): number {
    return this.#timeline?.endMs() ?? Math.max(this.#request.startAtMs, this.#deps.clock.nowMs());
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stoppedAtMs ??= this.#deps.clock.nowMs();
    this.#wake?.();
    await this.ended;
  }

  async #air(): Promise<AirEnd> {
    const { source, skipMs, onProgress } = this.#request;
    try {
      this.#starting = source.start({ skipMs });
      const ready = Promise.all([this.#starting, this.#openMeter()]);
      if ((await this.#wait(ready, undefined)) === 'stopped') return { how: 'stopped' };
      await ready;
      this.#progress = this.#deps.clock.every('progress of a broadcast', PROGRESS_MS, () => {
        this.#due.until(this.#deps.clock.nowMs());
        if (!this.#timeline) return;
        onProgress({ positionMs: this.positionMs(), levelDb: this.#meter?.take() ?? SILENCE_DB, isProgramme: this.#sent.takeAudible() });
      });
      for (;;) {
        const packet = await this.#next();
        if (packet === 'stopped') return { how: 'stopped' };
        if (packet === null) {
          this.#endPass();
          return { how: 'finished' };
        }
        if (packet.arrival) this.#sendLive(packet, packet.arrival);
        else if (!(await this.#sendPaced(packet))) return { how: 'stopped' };
      }
    } catch (error) {
      this.#deps.logger.warn({ broadcastId: this.broadcastId, error: errorText(error) }, 'broadcast broke off');
      return { how: 'failed', error };
    } finally {
      this.#progress?.cancel();
    }
  }

  async #close(): Promise<void> {
    // What was sent ahead of a stop was taken back, and never on air.
    const airedUntilMs = Math.min(this.#stoppedAtMs ?? Number.POSITIVE_INFINITY, this.sentUntilMs());
    this.#due.until(airedUntilMs);
    this.#sent.flush();
    try {
      await this.#request.source.close();
      // Stopped while it was still starting: what that start left open is closed too.
      await this.#starting?.catch(() => undefined);
      await this.#request.source.close();
    } catch (error) {
      this.#deps.logger.warn({ broadcastId: this.broadcastId, error: errorText(error) }, 'source of a broadcast did not close cleanly');
    }
    this.#meter?.close();
    await this.#copy?.close(airedUntilMs);
  }

  async #openMeter(): Promise<void> {
    this.#meter = await createLevelMeter();
  }

  /** The next packet of the source. While a live source is late, silence keeps the channel. */
  async #next(): Promise<SourcePacket | null | 'stopped'> {
    this.#pendingRead ??= this.#request.source.read();
    const read = this.#pendingRead;
    for (;;) {
      const waited = await this.#wait(read, this.#fillInMs());
      if (waited === 'stopped') return 'stopped';
      if (waited === 'ready') break;
      this.#fill();
    }
    this.#pendingRead = undefined;
    return read;
  }

  #fillInMs(): number | undefined {
    if (!this.#live || !this.#timeline) return undefined;
    const aheadMs = this.#timeline.endMs() - this.#deps.clock.nowMs();
    // The clock was set back: what was sent says nothing of when silence is due.
    return (aheadMs > LOST_MS ? 0 : aheadMs) + (this.#filling ? 0 : FILL_AFTER_MS);
  }

  #fill(): void {
    if (!this.#timeline) return;
    const timeline = this.#notAhead(this.#timeline, this.#deps.clock.nowMs());
    if (!this.#filling) this.#gapTo(timeline, this.#deps.clock.nowMs());
    this.#filling = true;
    this.#deps.counters.filledMs += FILL_MS;
    this.#send(timeline, silencePacket(FILL_MS));
  }

  /** @returns false when stopped before its instant came */
  async #sendPaced(packet: SourcePacket): Promise<boolean> {
    const { clock, counters } = this.#deps;
    this.#live = false;
    const { startAtMs, overdueMs = 0 } = this.#request;
    if (!this.#timeline) this.#begin(packet, Math.max(startAtMs - (packet.preRollMs ?? 0), clock.nowMs() - overdueMs));
    const dueMs = await this.#untilDue();
    if (dueMs === undefined) return false;
    const current = this.#keepUp();
    const sentAtMs = clock.monotonicMs();
    counters.observeLateness(Math.max(0, sentAtMs - dueMs));
    if (clock.nowMs() - overdueMs > current.endMs() + 1 && this.#previous !== undefined) counters.underruns += 1;
    // What is late does not push back what follows; a packet that left early in a catch-up counts from when it left.
    this.#previous = { sentAtMs: Math.max(dueMs, sentAtMs - packet.durationMs), durationMs: packet.durationMs };
    this.#notePass(current, packet);
    this.#send(current, packet);
    return true;
  }

  /**
   * Waits until the next packet is due. The wait is of the steady clock and looks at the wall clock often: when that is set, the instants of
   * what sounds are set anew, and nothing waits for the length of the step.
   * @returns the steady clock's instant at which it was due; undefined when stopped before
   */
  async #untilDue(): Promise<number | undefined> {
    const { clock } = this.#deps;
    for (;;) {
      const steadyMs = clock.monotonicMs();
      const captureAtMs = this.#keepUp().endMs() - clock.nowMs() + steadyMs;
      const dueMs = sendInstant(this.#pace, captureAtMs, this.#previous, steadyMs);
      if (dueMs <= steadyMs) return this.#stopped ? undefined : dueMs;
      if ((await this.#wait(undefined, Math.min(dueMs - steadyMs, LOOK_AT_WALL_MS))) === 'stopped') return undefined;
    }
  }

  #notePass(timeline: Timeline, { pass, preRollMs = 0 }: SourcePacket): void {
    if (pass) this.#endPass();
    if (pass !== 'begins') return;
    const fromMs = timeline.endMs() + preRollMs;
    this.#pass = { fromMs, untilMs: fromMs };
    // Whoever is late joins its neighbours here.
    this.#markNext = true;
  }

  /** All of the pass was sent. */
  #endPass(): void {
    const pass = this.#pass;
    this.#pass = undefined;
    if (pass) this.#request.onPass?.({ ...pass, untilMs: this.sentUntilMs() });
  }

  #sendLive(packet: SourcePacket, arrival: NonNullable<SourcePacket['arrival']>): void {
    const { counters } = this.#deps;
    const levelDb = this.#meter?.measure(packet.payload);
    const captureAtMs = this.#placement.place({ ...arrival, durationMs: packet.durationMs, quiet: (levelDb ?? 0) < QUIET_DB });
    if (captureAtMs === undefined) return;
    const earlyMs = this.#request.startAtMs - captureAtMs;
    if (!this.#timeline && earlyMs > 0 && earlyMs < LOST_MS) return;
    const timeline = this.#timeline ? this.#notAhead(this.#timeline, captureAtMs) : this.#begin(packet, captureAtMs);
    // Behind what was sent already (the end of a chime, silence that filled a stall): its instant has gone.
    if (timeline.sampleAt(captureAtMs) < timeline.endSample()) {
      if (this.#live) counters.liveTooLate += 1;
      return;
    }
    this.#gapTo(timeline, captureAtMs);
    this.#live = true;
    this.#filling = false;
    this.#previous = undefined;
    this.#send(timeline, packet, levelDb ?? SILENCE_DB);
  }

  #begin(packet: SourcePacket, originMs: number): Timeline {
    const timeline = new Timeline(originMs);
    this.#timeline = timeline;
    this.#contentStartMs = originMs + (packet.preRollMs ?? 0);
    this.#copy = this.#deps.copies.begin(this.broadcastId, originMs, { isEmergency: this.#request.isEmergency ?? false });
    return timeline;
  }

  /** After a stall of the process or a step of the clock the programme is put at now; otherwise it stays where it is. */
  #keepUp(): Timeline {
    const timeline = this.#timeline as Timeline;
    const { clock } = this.#deps;
    const { leadMs, lostAfterMs } = this.#pace;
    const aheadMs = timeline.endMs() - clock.nowMs();
    if (this.#previous === undefined || (aheadMs > -lostAfterMs && aheadMs < leadMs + LOST_MS)) return timeline;
    const anew = aheadMs < 0 ? timeline : new Timeline(clock.nowMs());
    anew.skipTo(clock.nowMs());
    return this.#anew(anew, aheadMs);
  }

  /** After the clock was set back, live sound goes on from where it is now; on the old timeline it would be too late until the clock has caught up. */
  #notAhead(timeline: Timeline, captureAtMs: number): Timeline {
    const aheadMs = timeline.endMs() - captureAtMs;
    return aheadMs > LOST_MS ? this.#anew(new Timeline(captureAtMs), aheadMs) : timeline;
  }

  #anew(timeline: Timeline, aheadMs: number): Timeline {
    this.#deps.counters.reanchors += 1;
    this.#deps.logger.warn(
      { broadcastId: this.broadcastId, aheadMs: Math.round(aheadMs) },
      'air timeline set anew after a stall or a clock step',
    );
    this.#contentStartMs -= aheadMs;
    // By the clock that was set back their instants would come much later, or once more.
    this.#due.until(Number.POSITIVE_INFINITY);
    this.#timeline = timeline;
    this.#markNext = true;
    return timeline;
  }

  #gapTo(timeline: Timeline, captureAtMs: number): void {
    const gapMs = captureAtMs - timeline.endMs();
    timeline.skipTo(captureAtMs);
    if (gapMs < FILL_MS) return;
    this.#due.until(Number.POSITIVE_INFINITY);
    this.#copy?.gap(gapMs);
  }

  #send(timeline: Timeline, packet: Pick<SourcePacket, 'payload' | 'durationMs' | 'isChime'>, levelDb?: number): void {
    const place = timeline.append(packet.durationMs);
    const positionMs = packet.isChime ? undefined : this.#positionAt(place.captureAtMs);
    this.#request.channel.send({ payload: packet.payload, ...place, marker: this.#markNext });
    this.#markNext = false;
    this.#deps.counters.packetsSent += 1;
    this.#due.add({ payload: packet.payload, captureAtMs: place.captureAtMs, durationMs: packet.durationMs, positionMs, levelDb });
    this.#due.until(this.#deps.clock.nowMs());
  }

  /** Where in the programme something lies; live sound that goes on after a restart is another sound, and has only its instant. */
  #positionAt(captureAtMs: number): number | null {
    const { source, skipMs } = this.#request;
    return source.kind === 'live' ? null : skipMs + captureAtMs - this.#contentStartMs;
  }

  /** Waits for a promise, a time, or the stop, whichever is first. Never rejects: who waited looks at the promise itself. */
  #wait(promise: Promise<unknown> | undefined, delayMs: number | undefined): Promise<Waited> {
    if (this.#stopped) return Promise.resolve('stopped');
    const { promise: waited, resolve } = Promise.withResolvers<Waited>();
    const timer = delayMs === undefined ? undefined : this.#deps.clock.after('next packet', Math.max(0, delayMs), () => done('time'));
    const done = (how: Waited): void => {
      timer?.cancel();
      this.#wake = undefined;
      resolve(how);
    };
    this.#wake = () => done('stopped');
    promise?.then(
      () => done('ready'),
      () => done('ready'),
    );
    return waited;
  }
}
