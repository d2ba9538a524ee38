import { randomUUID } from 'node:crypto';
import { and, desc, eq, isNull, lt, type SQL } from 'drizzle-orm';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Clock, Timer } from '../clock.ts';
import type { Events } from '../events.ts';
import type { ClusterId, SpeakerId } from '../protocol/ids.ts';
import type { Receipt } from '../protocol/speaker-control.ts';
import type { FaultCode, FaultSeverity, SpeakerFault, SpeakerTelemetry } from '../protocol/speaker-state.ts';
import { type Store, schema } from '../store/index.ts';
import type { Logger } from '../telemetry/logger.ts';
import { breathe } from '../turns.ts';
import { ExpectedSound, type ReportedProgramme } from './expected-sound.ts';
import { FaultJournal, type RaisedFault } from './fault-journal.ts';
import { OwnAbsence } from './own-absence.ts';
import { type FaultFact, newWatch, offlineAtMs, type RuleInput, type SpeakerWatch, step } from './rules.ts';

/** Silence has to be in the console within a second; a look at 10 000 speakers takes a tenth of a millisecond. */
const TICK_MS = 250;
/** Beginnings and ends of faults in one turn of the event loop, about four milliseconds. */
const APPLIED_AT_ONCE = 100;
/** A receipt of the last half minute tells of now. */
const SOUNDED_LATELY_MS = 30_000;
const SOUNDED_MIN_MS = 1000;
const AUDIBLE_OUTPUT_DB = -65;

type WithoutInstant<Input> = Input extends unknown ? Omit<Input, 'atMs'> : never;
/** What speakers/ tells of a speaker; it happens now. */
export type FaultInput =
  | WithoutInstant<Exclude<RuleInput, { kind: 'beat' | 'tick' | 'sounded' | 'absent' }>>
  | {
      kind: 'beat';
      telemetry: SpeakerTelemetry;
      programme: ReportedProgramme | null;
      clockContradictionMs: number;
      behindNeighboursMs: number | null;
    };

export interface PlacedFault extends SpeakerFault {
  speakerId: SpeakerId;
  clusterId: ClusterId;
}

export interface FaultHistoryQuery {
  speakerId?: SpeakerId | undefined;
  code?: FaultCode | undefined;
  severity?: FaultSeverity | undefined;
  beforeMs?: number | undefined;
  limit: number;
}

export interface FaultsDeps {
  store: Store;
  events: Events;
  clock: Clock;
  logger: Logger;
  metrics: Registry;
}

export interface Faults {
  /** Loads the faults that stood when the controller stopped. Before the speakers start. */
  start(): Promise<void>;
  close(): Promise<void>;
  /** Begins to watch a speaker, or learns its changed place and settings. */
  watch(speaker: { speakerId: SpeakerId; clusterId: ClusterId; isMuted: boolean; beatPeriodMs: number }): void;
  /** Out of service: nothing more is expected of it, its open faults are cleared. */
  forget(speakerId: SpeakerId, why: string): void;
  /** Never throws; an unknown speaker is ignored. */
  observe(speakerId: SpeakerId, input: FaultInput): void;
  /** Codes that stand. */
  open(speakerId: SpeakerId): FaultCode[];
  /** Open faults, newest first. */
  openFaults(): PlacedFault[];
  /** Open and cleared ones from the store, newest first. */
  history(query: FaultHistoryQuery): Promise<PlacedFault[]>;
}

interface Watched {
  speakerId: SpeakerId;
  clusterId: ClusterId;
  isMuted: boolean;
  watch: SpeakerWatch;
  /** Whether time alone may change something. */
  needsTick: boolean;
}

/** A fault's life: the rules say when it begins and ends; here it gets its id, its record, its history and its listeners. */
export function createFaults(deps: FaultsDeps): Faults {
  const { store, events, clock, logger } = deps;
  const expected = new ExpectedSound();
  const watched = new Map<SpeakerId, Watched>();
  const open = new Map<SpeakerId, Map<FaultCode, RaisedFault>>();
  const ends: (() => void)[] = [];
  let ticking: Timer | undefined;

  const changes = new Counter({
    name: 'loaxa_faults_total',
    help: 'Faults raised and cleared, by code',
    labelNames: ['code', 'state'],
    registers: [deps.metrics],
  });
  const lost = new Counter({
    name: 'loaxa_fault_changes_lost_total',
    help: 'Faults raised or cleared that are missing in the history: refused by the database, or given up while it was away',
    registers: [deps.metrics],
  });
  const journal = new FaultJournal({ store, clock, logger, onLost: () => lost.inc() });
  new Gauge({
    name: 'loaxa_faults_open',
    help: 'Faults that stand, by code',
    labelNames: ['code'],
    registers: [deps.metrics],
    collect() {
      this.reset();
      for (const codes of open.values()) for (const code of codes.keys()) this.inc({ code });
    },
  });

  function remember(fault: RaisedFault): void {
    const codes = open.get(fault.speakerId) ?? new Map<FaultCode, RaisedFault>();
    open.set(fault.speakerId, codes.set(fault.code, fault));
  }

  function raise(speaker: Watched, fact: FaultFact): void {
    const { speakerId, clusterId } = speaker;
    if (open.get(speakerId)?.has(fact.code)) return;
    const { code, severity, evidence } = fact;
    const atMs = clock.nowMs();
    const fault: RaisedFault = { faultId: randomUUID(), speakerId, clusterId, code, severity, raisedAtMs: atMs, evidence };
    remember(fault);
    journal.record({ raised: fault });
    changes.inc({ code, state: 'raised' });
    logger.info({ speakerId, clusterId, code, severity, evidence }, 'fault raised');
    events.emit('fault.raised', { faultId: fault.faultId, speakerId, clusterId, code, atMs });
  }

  function clear(speakerId: SpeakerId, code: FaultCode, evidence: Record<string, unknown>): void {
    const fault = open.get(speakerId)?.get(code);
    if (!fault) return;
    const atMs = clock.nowMs();
    open.get(speakerId)?.delete(code);
    if (open.get(speakerId)?.size === 0) open.delete(speakerId);
    journal.record({ cleared: { faultId: fault.faultId, clearedAtMs: atMs, evidence } });
    changes.inc({ code, state: 'cleared' });
    logger.info({ speakerId, clusterId: fault.clusterId, code }, 'fault cleared');
    events.emit('fault.cleared', { faultId: fault.faultId, speakerId, clusterId: fault.clusterId, code, atMs });
  }

  function apply(speaker: Watched, input: RuleInput): void {
    const { watch, facts } = step(speaker.watch, input);
    speaker.watch = watch;
    for (const fact of facts) {
      if (fact.state === 'raised') raise(speaker, fact);
      else clear(speaker.speakerId, fact.code, fact.evidence);
    }
    if (facts.length > 0 || input.kind === 'reported' || input.kind === 'hello') speaker.needsTick = needsTick(watch);
  }

  const absence = new OwnAbsence(TICK_MS);
  /** Before anything is judged, wherever the first turn after our own standstill begins. */
  function allowForAbsence(atMs: number): void {
    const forMs = absence.before(atMs);
    if (forMs === 0) return;
    logger.warn({ forMs: Math.round(forMs) }, 'the controller itself stood still; silence meanwhile is nobody’s fault');
    for (const speaker of watched.values()) apply(speaker, { kind: 'absent', atMs, forMs });
  }

  /** A pole that has just sounded does not stand silent, however short the bulletin was. */
  function sounded(speakerId: SpeakerId, receipt: Receipt): void {
    const speaker = watched.get(speakerId);
    const { lastSoundAtMs, playedMs, meanOutputLevelDb: levelDb, amplifierOk } = receipt;
    if (!speaker || !amplifierOk || playedMs < SOUNDED_MIN_MS || levelDb < AUDIBLE_OUTPUT_DB) return;
    if (Math.abs(clock.nowMs() - lastSoundAtMs) < SOUNDED_LATELY_MS)
      apply(speaker, { kind: 'sounded', atMs: clock.monotonicMs(), levelDb });
  }

  let isLooking = false;
  /** Where a network fails, thousands fall silent together: their faults begin some in each turn of the event loop. */
  async function tick(): Promise<void> {
    if (isLooking) return;
    isLooking = true;
    try {
      let atMs = clock.monotonicMs();
      allowForAbsence(atMs);
      let applied = 0;
      for (const speaker of watched.values()) {
        if (!speaker.needsTick && atMs < offlineAtMs(speaker.watch)) continue;
        apply(speaker, { kind: 'tick', atMs });
        applied += 1;
        if (applied % APPLIED_AT_ONCE > 0) continue;
        await breathe();
        atMs = clock.monotonicMs();
        allowForAbsence(atMs);
      }
    } finally {
      isLooking = false;
    }
  }

  return {
    async start() {
      const rows = await store.retry(async () => store.db.select().from(schema.faults).where(isNull(schema.faults.clearedAt)));
      for (const row of rows) {
        remember({
          faultId: row.id,
          speakerId: row.speakerId,
          clusterId: row.clusterId,
          code: row.code as FaultCode,
          severity: row.severity as FaultSeverity,
          raisedAtMs: row.raisedAt.getTime(),
          evidence: row.evidence as Record<string, unknown>,
        });
      }
      ends.push(
        events.on('broadcast.changed', ({ broadcast }) => expected.broadcastChanged(broadcast)),
        events.on('receipt.arrived', ({ speakerId, receipt }) => sounded(speakerId, receipt)),
        events.on('broadcast.progress', ({ broadcastId, levelDb }) => expected.progress(broadcastId, levelDb, clock.monotonicMs())),
      );
      ticking = clock.every('faults by time', TICK_MS, () => void tick());
    },
    async close() {
      ticking?.cancel();
      ticking = undefined;
      for (const end of ends.splice(0)) end();
      await journal.close();
    },
    watch({ speakerId, clusterId, isMuted, beatPeriodMs }) {
      const known = watched.get(speakerId);
      if (known) {
        Object.assign(known, { clusterId, isMuted });
        return;
      }
      const standing = [...(open.get(speakerId)?.values() ?? [])].map(({ code, evidence }) => ({
        code,
        reported: evidence.reportedBySpeaker === true,
      }));
      const watch = newWatch({ atMs: clock.monotonicMs(), beatPeriodMs, standing });
      watched.set(speakerId, { speakerId, clusterId, isMuted, watch, needsTick: needsTick(watch) });
    },
    forget(speakerId, why) {
      watched.delete(speakerId);
      for (const code of [...(open.get(speakerId)?.keys() ?? [])]) clear(speakerId, code, { why });
    },
    observe(speakerId, input) {
      const speaker = watched.get(speakerId);
      if (!speaker) return;
      const atMs = clock.monotonicMs();
      allowForAbsence(atMs);
      if (input.kind !== 'beat') return apply(speaker, { ...input, atMs });
      const { kind, telemetry, programme, clockContradictionMs, behindNeighboursMs } = input;
      const soundDue = expected.isDue(speaker.clusterId, programme, atMs, speaker.isMuted);
      apply(speaker, { kind, atMs, telemetry, clockContradictionMs, behindNeighboursMs, soundDue });
    },
    open: (speakerId) => [...(open.get(speakerId)?.keys() ?? [])],
    openFaults: () =>
      [...open.values()]
        .flatMap((codes) => [...codes.values()])
        .map((fault) => ({ ...fault, clearedAtMs: null }))
        .sort((a, b) => b.raisedAtMs - a.raisedAtMs),
    async history({ speakerId, code, severity, beforeMs, limit }) {
      const { faults } = schema;
      const conditions: SQL[] = [];
      if (speakerId !== undefined) conditions.push(eq(faults.speakerId, speakerId));
      if (code !== undefined) conditions.push(eq(faults.code, code));
      if (severity !== undefined) conditions.push(eq(faults.severity, severity));
      if (beforeMs !== undefined) conditions.push(lt(faults.raisedAt, new Date(beforeMs)));
      await journal.flush();
      const rows = await store.db
        .select()
        .from(faults)
        .where(and(...conditions))
        .orderBy(desc(faults.raisedAt), desc(faults.id))
        .limit(limit);
      return rows.map((row) => ({
        faultId: row.id,
        speakerId: row.speakerId,
        clusterId: row.clusterId,
        code: row.code as FaultCode,
        severity: row.severity as FaultSeverity,
        raisedAtMs: row.raisedAt.getTime(),
        clearedAtMs: row.clearedAt?.getTime() ?? null,
        evidence: row.evidence as Record<string, unknown>,
      }));
    },
  };
}

/** Restarts grow old and reports lapse with time; everything else waits for a heartbeat. */
function needsTick(watch: SpeakerWatch): boolean {
  return watch.conditions.restarting.raised || Object.values(watch.conditions).some((condition) => condition.reportEndsMs !== null);
}
