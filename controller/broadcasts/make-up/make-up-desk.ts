import { randomUUID } from 'node:crypto';
import type { Clock, Timer } from '../../clock.ts';
import { errorText } from '../../errors.ts';
import type { Events } from '../../events.ts';
import type { StartBroadcast } from '../../protocol/broadcasts.ts';
import type { SentStretch } from '../../protocol/sent-sound.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Journal } from '../journal.ts';
import { NOT_HEARD } from '../queries.ts';
import type { BroadcastRecord } from '../record.ts';
import { NO_ANSWER } from './ability.ts';
import { decide, type Next } from './decide.ts';
import { MissedConditions } from './missed-conditions.ts';
import { MissedEmergency, passMsOf, type Surroundings } from './missed-emergency.ts';
import { NewerEmergencies } from './newer-emergencies.ts';
import { PoleSilences } from './pole-silences.ts';
import { PolesNow, type PolesNowDeps } from './poles-now.ts';
import { hamletsKeptQuiet } from './quiet.ts';
import { figuresOf, ReceiptShelf } from './receipt-shelf.ts';
import { soundingDuring } from './sounding-elsewhere.ts';
import type { PastEmergencies } from './stored-emergencies.ts';

/** Much happens at once at the end of a broadcast: one look for all of it. */
const GATHER_MS = 50;
/** After a start, the last of the speakers is back, with its path open, and has handed in what it heard meanwhile. */
const ABSENCE_MS = 8000;
/** A hold that nobody lets go ends by itself: after one pass, and everything that can come before it. */
const HOLD_MARGIN_MS = 60_000;
/** What time alone changes (a planned start comes near, a pole shows a sign of life). */
const LOOK_PERIOD_MS = 2000;

export interface MakeUpDeskDeps extends PolesNowDeps {
  clock: Clock;
  logger: Logger;
  events: Events;
  journal: Pick<Journal, 'note' | 'patch'>;
  /** In which instants are put into words. */
  timeZone: string;
  /** Everything that is not over, and where it can't sound just now: something else has the loudspeaker, or the cluster is held. */
  active(): { record: BroadcastRecord; heldOff: readonly string[] }[];
  /** Lets nothing lower begin or go on at these clusters until then; none: lets all go that were held for it. */
  hold(record: BroadcastRecord, clusterIds: ReadonlySet<string>, untilMs: number): void;
  /** Puts a pass on the air. @throws AppError why it can't be */
  begin(request: StartBroadcast, original: BroadcastRecord): Promise<BroadcastRecord | undefined>;
  past: PastEmergencies;
}

/**
 * Emergencies are heard whole: after one has come to its end, whoever missed a word gets it again, all in common passes, as long as it is
 * valid. Who can't sound is named. Everything it knows it can find again in the store: it survives a restart.
 */
export class MakeUpDesk {
  #deps: MakeUpDeskDeps;
  #shelf = new ReceiptShelf();
  #newer = new NewerEmergencies();
  #silences = new PoleSilences();
  #poles: PolesNow;
  #missed = new Map<string, MissedEmergency>();
  #conditions: MissedConditions;
  /** By emergency, the hamlets that are kept quiet for it. */
  #quiet = new Map<string, string>();
  #startedAtMs = 0;
  /** Those that were heard before, while the store is asked what was heard of them. */
  #takenUp = new Map<string, Promise<void>>();
  #timer: Timer | undefined;
  /** When time alone decides something. */
  #deadline: Timer | undefined;
  #ends: (() => void)[] = [];
  #isClosed = false;

  constructor(deps: MakeUpDeskDeps) {
    this.#deps = deps;
    this.#poles = new PolesNow(deps);
    this.#conditions = new MissedConditions(deps);
  }

  /** Listens, and knows from now on what was heard before it. */
  start(): void {
    const { clock, events } = this.#deps;
    this.#startedAtMs = clock.nowMs();
    this.#ends.push(
      events.on('broadcast.changed', ({ broadcast }) => {
        if (broadcast.class === 'emergency' && broadcast.endedAtMs === null) this.#shelf.expect(broadcast.broadcastId);
        this.#lookSoon();
      }),
      events.on('speaker.changed', ({ state }) => {
        this.#poles.see(state, clock.nowMs());
        this.#lookSoon();
      }),
      events.on('fault.raised', ({ clusterId, code, atMs }) => this.#silences.raised(clusterId, code, atMs)),
      events.on('fault.cleared', ({ clusterId, code }) => this.#silences.cleared(clusterId, code, clock.nowMs())),
      events.on('receipt.arrived', ({ clusterId, receipt }) => {
        if (this.#shelf.put(receipt.broadcastId, figuresOf(clusterId, receipt))) this.#lookSoon();
      }),
    );
    const look = clock.every('emergencies to make up', LOOK_PERIOD_MS, () => this.#lookSoon());
    this.#ends.push(() => look.cancel());
  }

  /** Takes up what is still valid; when it is back, poles are kept quiet that have to be. Emergencies on the air must be known to `active` by now. */
  async takeUp(): Promise<void> {
    const { clock, past, logger } = this.#deps;
    for (const { record } of this.#deps.active()) if (record.class === 'emergency') this.#shelf.expect(record.broadcastId);
    try {
      const { originals, newer } = await past.valid(clock.nowMs());
      for (const record of newer) this.#newer.note(record);
      for (const original of originals) {
        const { broadcastId } = original;
        // It came to its end in this start, and is known.
        if (this.#takenUp.has(broadcastId) || this.#missed.has(broadcastId)) continue;
        this.#takenUp.set(broadcastId, this.#takeUp(original));
      }
      await Promise.all(this.#takenUp.values());
    } catch (error) {
      logger.error({ err: error }, 'emergencies of before the start can’t be made up');
    }
    if (!this.#isClosed && this.#missed.size > 0) this.#look();
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#deadline?.cancel();
    for (const end of this.#ends.splice(0)) end();
  }

  /** An emergency that was on the air when the controller went down waits for its speakers: nothing lower begins there before it. */
  goesOn(record: BroadcastRecord): void {
    this.#keepQuiet(record, this.#hamletsOf(record), ABSENCE_MS);
  }

  /** A broadcast begins to sound. */
  started(record: BroadcastRecord): void {
    this.#newer.note(record);
    if (record.class === 'emergency') this.#keepQuiet(record, new Set());
  }

  /** So loud a stretch of it was sent. */
  sent({ broadcastId }: BroadcastRecord, stretch: SentStretch): void {
    this.#shelf.noteSent(broadcastId, stretch);
  }

  /** All of it is on its way, and its last word sounds in a moment: what goes on then has to wait until it is known who missed it. */
  ending(record: BroadcastRecord): void {
    if (isMadeUp(record)) this.#keepQuiet(record, this.#hamletsOf(record));
  }

  /** A broadcast is over: one that ended by itself is made up where it was missed. */
  over(record: BroadcastRecord): void {
    if (record.class !== 'emergency') return;
    this.#newer.note(record);
    if (record.makesUpFor !== null) {
      this.#missed.get(record.makesUpFor)?.add(record);
    } else if (record.status === 'finished' && isMadeUp(record)) {
      this.#keepQuiet(record, this.#hamletsOf(record));
      const wasHeardBefore = (record.startedAtMs ?? 0) < this.#startedAtMs;
      if (wasHeardBefore) this.#takenUp.set(record.broadcastId, this.#takeUp(record));
      else this.#missed.set(record.broadcastId, new MissedEmergency(record, []));
    } else {
      this.#shelf.forget(record.broadcastId);
      this.#keepQuiet(record, new Set());
    }
    this.#lookSoon();
  }

  /** Ends the making-up of an emergency that is over already. False when there is none to end. */
  stop(broadcastId: string, by: string): boolean {
    const missed = this.#missed.get(broadcastId);
    if (!missed) return false;
    missed.isStopped = true;
    missed.original.validForMs = 0;
    this.#deps.journal.patch(broadcastId, { validForMs: 0 });
    this.#deps.journal.note(broadcastId, 'make_up_stopped', { by });
    this.#look();
    return true;
  }

  /** One that was heard before the controller restarted: its receipts are in the store. */
  async #takeUp(original: BroadcastRecord): Promise<void> {
    const { past, logger } = this.#deps;
    try {
      const { makeUps, receipts, sent, wasJudged } = await past.heardOf(original);
      for (const record of [original, ...makeUps]) this.#shelf.expect(record.broadcastId);
      for (const { broadcastId, figures } of receipts) this.#shelf.put(broadcastId, figures);
      for (const { broadcastId, stretch } of sent) this.#shelf.noteSent(broadcastId, stretch);
      this.#missed.set(original.broadcastId, new MissedEmergency(original, makeUps, wasJudged ? 0 : this.#startedAtMs + ABSENCE_MS));
      this.#lookSoon();
    } catch (error) {
      logger.error({ broadcastId: original.broadcastId, err: error }, 'an emergency can’t be made up');
      this.#keepQuiet(original, new Set());
    } finally {
      this.#takenUp.delete(original.broadcastId);
    }
  }

  #lookSoon(): void {
    if (this.#isClosed || this.#missed.size === 0) return;
    this.#timer ??= this.#deps.clock.after('missed emergencies', GATHER_MS, () => this.#look());
  }

  #look(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const nowMs = this.#deps.clock.nowMs();
    this.#poles.look(nowMs);
    let lookMs = Number.POSITIVE_INFINITY;
    for (const missed of this.#missed.values()) {
      const surroundings = this.#surroundings(missed, nowMs);
      const next = decide(missed.state(surroundings, nowMs), nowMs);
      for (const { clusterId, cause } of missed.missing(surroundings)) if (cause === NO_ANSWER) this.#poles.askForSign(clusterId);
      if (next.do !== 'wait' || next.isJudged) this.#name(missed, surroundings);
      if (next.do === 'give') void this.#give(missed, next.clusterIds);
      this.#keepQuiet(missed.original, hamletsKeptQuiet(missed.state(surroundings, nowMs), nowMs));
      if (next.do === 'over') this.#finish(missed, surroundings, next);
      if (next.do === 'wait') lookMs = Math.min(lookMs, next.untilMs);
    }
    this.#deadline?.cancel();
    this.#deadline = Number.isFinite(lookMs) ? this.#deps.clock.at('missed emergencies', lookMs, () => this.#look()) : undefined;
  }

  #surroundings(missed: MissedEmergency, nowMs: number): Surroundings {
    const superseded = this.#newer.since(missed.original);
    const busy = soundingDuring(this.#deps.active(), missed.passMs, nowMs);
    return {
      pole: (clusterId, aliveSinceMs) => ({ ...this.#poles.pole(clusterId, aliveSinceMs), isSuperseded: superseded.has(clusterId) }),
      told: (broadcastId) => this.#shelf.of(broadcastId),
      silences: (clusterId, faults) => this.#silences.of(clusterId, faults),
      busy: [...busy].map((clusterId) => ({ clusterId, hamletId: this.#poles.hamletOf(clusterId) })),
    };
  }

  /** Says which poles have not heard it, and why those can't sound that can't: in the console, and once for each giving in the log. */
  #name(missed: MissedEmergency, surroundings: Surroundings): void {
    const missing = missed.missing(surroundings).map((pole) => ({ ...pole, name: this.#poles.nameOf(pole.clusterId) }));
    this.#conditions.tell(missed.original, missing, missed.validUntilMs);
    if (missing.length === 0 || missed.namedGivings === missed.givings) return;
    missed.namedGivings = missed.givings;
    this.#deps.journal.note(missed.original.broadcastId, NOT_HEARD, {
      able: missing.filter((pole) => !pole.cause).map((pole) => pole.clusterId),
      unable: missing.flatMap(({ clusterId, cause }) => (cause ? { clusterId, ...cause } : [])),
    });
  }

  async #give(missed: MissedEmergency, clusterIds: string[]): Promise<void> {
    const { begin, journal, clock, logger } = this.#deps;
    const { original } = missed;
    const broadcastId = randomUUID();
    const begun = missed.beginning(clusterIds);
    this.#shelf.expect(broadcastId);
    journal.note(original.broadcastId, 'make_up', { broadcastId, clusterIds });
    try {
      begun(await begin(missed.request(broadcastId, clusterIds), original), clock.nowMs());
    } catch (error) {
      this.#shelf.forget(broadcastId);
      logger.warn({ broadcastId: original.broadcastId, error: errorText(error) }, 'a make-up pass could not begin');
      journal.note(original.broadcastId, 'make_up_failed', { broadcastId, error: errorText(error) });
      begun(undefined, clock.nowMs());
    }
    this.#lookSoon();
  }

  #keepQuiet(emergency: BroadcastRecord, hamletIds: ReadonlySet<string>, forMs = passMsOf(emergency) + HOLD_MARGIN_MS): void {
    const { broadcastId } = emergency;
    const wanted = [...hamletIds].sort().join(' ');
    if ((this.#quiet.get(broadcastId) ?? '') === wanted) return;
    if (wanted === '') this.#quiet.delete(broadcastId);
    else this.#quiet.set(broadcastId, wanted);
    this.#deps.hold(emergency, this.#poles.clustersOf(hamletIds), this.#deps.clock.nowMs() + forMs);
  }

  #hamletsOf(record: BroadcastRecord): Set<string> {
    return new Set(record.clusterIds.map((clusterId) => this.#poles.hamletOf(clusterId)));
  }

  #finish(missed: MissedEmergency, surroundings: Surroundings, { why }: Extract<Next, { do: 'over' }>): void {
    const { broadcastId } = missed.original;
    this.#missed.delete(broadcastId);
    const missing = missed.missing(surroundings).map((pole) => ({ ...pole, name: this.#poles.nameOf(pole.clusterId) }));
    this.#conditions.end(missed.original, missing, why);
    if (missed.givings > 1 || missing.length > 0) {
      this.#deps.journal.note(broadcastId, 'make_up_over', { why, notHeard: missing.map((pole) => pole.clusterId) });
    }
    for (const id of missed.broadcastIds) this.#shelf.forget(id);
  }
}

/** Whether it is made up where it is missed, once it has come to its end. */
function isMadeUp({ class: broadcastClass, makesUpFor, content, validForMs }: BroadcastRecord): boolean {
  return broadcastClass === 'emergency' && makesUpFor === null && content.kind === 'bulletin' && (validForMs ?? 0) > 0;
}
