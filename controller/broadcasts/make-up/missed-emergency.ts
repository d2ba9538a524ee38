import type { BroadcastContent, StartBroadcast } from '../../protocol/broadcasts.ts';
import type { FaultCode } from '../../protocol/speaker-state.ts';
import { heardOf, type Reason } from '../heard.ts';
import { type BroadcastRecord, isOver, wasGiven } from '../record.ts';
import type { Silence } from '../silenced.ts';
import { REASONS } from '../words.ts';
import { BACK_IN_A_MOMENT, type Cause, NO_ANSWER } from './ability.ts';
import type { MakeUpState, Pole } from './decide.ts';
import type { QuietState } from './quiet.ts';
import type { Told } from './receipt-shelf.ts';

/** After a pass that could not begin. */
const FAILED_PAUSE_MS = 15_000;
/** A pass that waits longer than this for its channel is given up and decided anew. */
const LATEST_START_MS = 10_000;

/** What is known of a pole outside this emergency. */
export interface PoleNow {
  hamletId: string;
  isSuperseded: boolean;
  isConnected: boolean;
  /** null: it could sound, since `ableSinceMs`. */
  cause: Cause | null;
  ableSinceMs: number;
  faults: readonly FaultCode[];
  /** Whether what silenced it last still stands. */
  isStillSilencedBy(reason: Reason): boolean;
}

export interface Surroundings {
  /** @param aliveSinceMs who has said nothing since then is cut off */
  pole(clusterId: string, aliveSinceMs: number): PoleNow;
  told(broadcastId: string): Told;
  /** When no sound can have left the horns of a pole. @param faults that stand on it now */
  silences(clusterId: string, faults: readonly FaultCode[]): readonly Silence[];
  busy: MakeUpState['busy'];
}

/** Who is connected says something every second while a broadcast is for it. */
const ALIVE_MS = 3000;

/** One emergency that came to its end by itself, and the passes that make up for it. */
export class MissedEmergency {
  readonly original: BroadcastRecord;
  isStopped = false;
  /** How many givings there were when the poles that missed it were last named in the log. */
  namedGivings = 0;
  #makeUps: BroadcastRecord[];
  #whole = new Set<string>();
  /** By giving and pole: what its receipts say of why it was not heard. */
  #reasons = new Map<string, Map<string, Reason | null>>();
  /** By giving, what of it was judged already. */
  #judged = new Map<string, string>();
  #notBeforeMs = 0;
  #absentUntilMs: number;
  /** The poles of a pass that is on its way into the air. */
  #beginningTo: readonly string[] = [];

  /**
   * @param makeUps those that were begun before, oldest first
   * @param absentUntilMs until then our own absence may be why a pole has not said what it heard; epoch ms
   */
  constructor(original: BroadcastRecord, makeUps: readonly BroadcastRecord[], absentUntilMs = 0) {
    this.original = original;
    this.#makeUps = [...makeUps];
    this.#absentUntilMs = absentUntilMs;
  }

  get broadcastIds(): string[] {
    return [this.original.broadcastId, ...this.#makeUps.map((record) => record.broadcastId)];
  }

  get validUntilMs(): number {
    return (this.original.endedAtMs ?? 0) + (this.original.validForMs ?? 0);
  }

  /** How long a pass takes with the attention signal before it, ms. */
  get passMs(): number {
    return passMsOf(this.original);
  }

  /** Of the message's givings so far, those that sounded. */
  get givings(): number {
    return 1 + this.#begun().length;
  }

  /** A pass is on its way into the air to these clusters. @returns what to call when it is known what became of that; undefined: it could not begin */
  beginning(clusterIds: readonly string[]): (makeUp: BroadcastRecord | undefined, nowMs: number) => void {
    this.#beginningTo = clusterIds;
    return (makeUp, nowMs) => {
      this.#beginningTo = [];
      if (makeUp) this.add(makeUp);
      else this.#notBeforeMs = nowMs + FAILED_PAUSE_MS;
    };
  }

  add(makeUp: BroadcastRecord): void {
    if (!this.#makeUps.some((known) => known.broadcastId === makeUp.broadcastId)) this.#makeUps.push(makeUp);
  }

  state(surroundings: Surroundings, nowMs: number): QuietState {
    const last = this.#begun().at(-1) ?? this.original;
    const lastEndedAtMs = last.endedAtMs ?? 0;
    const failed = this.#makeUps.filter((record) => record.startedAtMs === null).map((record) => record.endedAtMs ?? 0);
    const givingTo = [...this.#beginningTo, ...this.#makeUps.filter((record) => !isOver(record)).flatMap((record) => record.clusterIds)];
    return {
      firstEndedAtMs: this.original.endedAtMs ?? 0,
      lastEndedAtMs,
      validUntilMs: this.validUntilMs,
      absentUntilMs: this.#absentUntilMs,
      isStopped: this.isStopped || this.#makeUps.some((record) => record.status === 'stopped'),
      isGiving: givingTo.length > 0,
      givingTo,
      notBeforeMs: Math.max(this.#notBeforeMs, ...failed.map((endedAtMs) => endedAtMs + FAILED_PAUSE_MS)),
      poles: this.#poles(last, lastEndedAtMs, surroundings, nowMs < this.#absentUntilMs),
      busy: surroundings.busy,
    };
  }

  /** The poles that have not heard it, and why: they can't sound now, or gave no sound in the last giving. */
  missing(surroundings: Surroundings): { clusterId: string; cause: Cause | null }[] {
    const lastEndedAtMs = (this.#begun().at(-1) ?? this.original).endedAtMs ?? 0;
    return this.original.clusterIds
      .filter((clusterId) => !this.#whole.has(clusterId))
      .map((clusterId) => ({ clusterId, ...surroundings.pole(clusterId, lastEndedAtMs - ALIVE_MS) }))
      .filter((pole) => !pole.isSuperseded)
      .map(({ clusterId, cause }) => ({ clusterId, cause: cause ?? this.#reasonOf(clusterId) }));
  }

  /** The wish for one more pass. @param broadcastId of the pass */
  request(broadcastId: string, clusterIds: string[]): StartBroadcast {
    const { title, class: broadcastClass, gainDb, chime, emergencyKind } = this.original;
    const content = this.original.content as Extract<BroadcastContent, { kind: 'bulletin' }>;
    return {
      broadcastId,
      title,
      class: broadcastClass,
      content: { ...content, repeat: 1, pauseMs: 0 },
      targets: { hamletIds: [], clusterIds },
      onPreempted: 'end',
      gainDb,
      chime,
      // A correction must not come as a warning the second time.
      ...(emergencyKind ? { emergencyKind } : {}),
      latestStartMs: LATEST_START_MS,
      validForMs: 0,
    };
  }

  #begun(): BroadcastRecord[] {
    return this.#makeUps.filter((record) => record.startedAtMs !== null && isOver(record));
  }

  /** @param mayComeBack our absence is so short ago that who is not connected may only not be back yet */
  #poles(last: BroadcastRecord, lastEndedAtMs: number, surroundings: Surroundings, mayComeBack: boolean): Pole[] {
    this.#listen(surroundings);
    const lastReceipts = surroundings.told(last.broadcastId).receipts;
    const hasSpoken = (clusterId: string): boolean => lastReceipts.get(clusterId)?.some((receipt) => receipt.final) === true;
    const asked = new Set(last.clusterIds);
    return this.original.clusterIds.map((clusterId) => {
      const pole = surroundings.pole(clusterId, lastEndedAtMs - ALIVE_MS);
      const { hamletId, isSuperseded, isConnected, cause, ableSinceMs } = pole;
      const reason = this.#reasonOf(clusterId);
      const isSilenced = reason !== null && pole.isStillSilencedBy(reason);
      const isAway = mayComeBack && cause !== null && BACK_IN_A_MOMENT.has(cause);
      return {
        clusterId,
        hamletId,
        isWhole: this.#whole.has(clusterId),
        isSuperseded,
        owesReceipt: (isConnected || isAway) && asked.has(clusterId) && !hasSpoken(clusterId),
        isBroken: isSilenced || (cause !== null && cause !== NO_ANSWER && !isAway),
        ableSinceMs: cause || isSilenced ? null : ableSinceMs,
        passes: this.#makeUps.filter((record) => wasGivenTo(record, clusterId)).length,
      };
    });
  }

  /** Who has heard it whole by now; once heard stays heard. */
  #listen(surroundings: Surroundings): void {
    const givings = [this.original, ...this.#makeUps.filter(wasGiven)];
    for (const { broadcastId, passes, positionMs } of givings) {
      const { receipts, seconds, revision } = surroundings.told(broadcastId);
      const told = `${revision} ${passes.length}`;
      if (this.#judged.get(broadcastId) === told) continue;
      this.#judged.set(broadcastId, told);
      const reasons = new Map<string, Reason | null>();
      this.#reasons.set(broadcastId, reasons);
      for (const [clusterId, own] of receipts) {
        if (this.#whole.has(clusterId)) continue;
        const { faults } = surroundings.pole(clusterId, 0);
        const { how, reason } = heardOf({ passes, airedMs: positionMs, seconds }, own, surroundings.silences(clusterId, faults));
        if (how === 'whole') this.#whole.add(clusterId);
        else reasons.set(clusterId, reason);
      }
    }
  }

  /** By the last giving of which it has spoken. */
  #reasonOf(clusterId: string): Reason | null {
    for (const broadcastId of this.broadcastIds.reverse()) {
      const reason = this.#reasons.get(broadcastId)?.get(clusterId);
      if (reason !== undefined) return reason;
    }
    return null;
  }
}

/** One that we cut off ourselves, by going down, is nothing that the pole has missed. */
function wasGivenTo({ startedAtMs, endReason, clusterIds }: BroadcastRecord, clusterId: string): boolean {
  return startedAtMs !== null && endReason?.code !== REASONS.controllerWasDown().code && clusterIds.includes(clusterId);
}

/** How long one giving of an emergency takes with the attention signal before it, ms. */
export function passMsOf({ passes, attention, durationMs, positionMs }: BroadcastRecord): number {
  const pass = passes.at(-1);
  return pass ? (attention?.durationMs ?? 0) + pass.untilMs - pass.fromMs : (durationMs ?? positionMs);
}
