import type { Clock } from '../clock.ts';
import type { Events } from '../events.ts';
import type { BroadcastClass } from '../protocol/broadcast-class.ts';
import type { ClusterId, HamletId, SpeakerId } from '../protocol/ids.ts';
import { EMERGENCY_CHANNEL_ID } from '../protocol/media.ts';
import type { FaultCode, SpeakerLiveState } from '../protocol/speaker-state.ts';
import { isSilenced } from '../protocol/volume.ts';
import type { HamletDelay } from './far-off.ts';
import { FIRM_SAMPLES, HamletDelays } from './hamlet-delays.ts';
import type { RosterEntry } from './roster.ts';
import { areHornsCut, deriveRung } from './rung.ts';
import { isInService, liveState, newSpeakerRecord, pathFigures, type SpeakerRecord } from './speaker-record.ts';
import type { Transition } from './transition-journal.ts';

/** Who is away for longer neither waits for its neighbours nor they for it. */
const PRESENT_FOR_MS = 10 * 60_000;

interface RegistryOptions {
  clock: Clock;
  events: Events;
  beatPeriodMs: number;
  /** Faults that stood when the controller started, or when the speaker came into the roster. */
  openFaults(speakerId: SpeakerId): readonly FaultCode[];
  onTransition(transition: Transition): void;
}

/** All speakers of the commune with their live state, by serial number, by cluster and by certificate. */
export class SpeakerRegistry {
  readonly #options: RegistryOptions;
  readonly #records = new Map<SpeakerId, SpeakerRecord>();
  readonly #byCluster = new Map<ClusterId, SpeakerRecord>();
  readonly #byCertificate = new Map<string, SpeakerRecord>();
  readonly #byHamlet = new Map<HamletId, Set<SpeakerRecord>>();
  readonly #delays = new HamletDelays();

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  /** Takes in a speaker or its changed identity, place or settings. */
  put(roster: RosterEntry): SpeakerRecord {
    const { clock, beatPeriodMs, openFaults } = this.#options;
    const existing = this.#records.get(roster.speakerId);
    const wasMuted = isSilenced(existing?.roster ?? roster);
    if (existing) this.#unindex(existing);
    const record =
      existing ??
      newSpeakerRecord(roster, {
        nowMs: clock.nowMs(),
        steadyMs: clock.monotonicMs(),
        beatPeriodMs,
        faults: openFaults(roster.speakerId),
      });
    record.roster = roster;
    record.snapshot = undefined;
    this.#records.set(roster.speakerId, record);
    this.#byCluster.set(roster.clusterId, record);
    if (roster.certificateSha256) this.#byCertificate.set(roster.certificateSha256, record);
    const hamlet = this.#byHamlet.get(roster.hamletId) ?? new Set();
    this.#byHamlet.set(roster.hamletId, hamlet.add(record));
    if (isInService(roster) && wasMuted !== isSilenced(roster)) this.#options.events.emit('speaker.changed', { state: liveState(record) });
    return record;
  }

  remove(speakerId: SpeakerId): void {
    const record = this.#records.get(speakerId);
    if (!record) return;
    this.#unindex(record);
    this.#records.delete(speakerId);
  }

  get(speakerId: SpeakerId): SpeakerRecord | undefined {
    return this.#records.get(speakerId);
  }

  onCluster(clusterId: ClusterId): SpeakerRecord | undefined {
    return this.#byCluster.get(clusterId);
  }

  withCertificate(sha256: string): SpeakerRecord | undefined {
    return this.#byCertificate.get(sha256);
  }

  all(): IterableIterator<SpeakerRecord> {
    return this.#records.values();
  }

  counts(): { connected: number; enrolled: number } {
    let connected = 0;
    let enrolled = 0;
    for (const record of this.#records.values()) {
      if (isInService(record.roster)) enrolled += 1;
      if (record.connection) connected += 1;
    }
    return { connected, enrolled };
  }

  /** Live states of the speakers in service. */
  states(): SpeakerLiveState[] {
    const states: SpeakerLiveState[] = [];
    for (const record of this.#records.values()) if (isInService(record.roster)) states.push(liveState(record));
    return states;
  }

  /** Derives the rung anew; tells and records it only when it, or the broadcast, has changed. `why` and `detail` go into the history. */
  refresh(record: SpeakerRecord, why: string, detail: Record<string, unknown> = {}): void {
    const { clock } = this.#options;
    const rung = deriveRung(record.evidence, clock.monotonicMs());
    const broadcastId = rung === 'playing' || rung === 'decoding' ? (record.evidence.programme?.broadcastId ?? null) : null;
    record.snapshot = undefined;
    if (rung === record.rung && broadcastId === record.broadcastId) return;
    if (rung !== record.rung) {
      const nowMs = clock.nowMs();
      this.#options.onTransition({
        speakerId: record.roster.speakerId,
        atMs: nowMs,
        fromRung: record.rung,
        toRung: rung,
        detail: { why, broadcastId, ...detail },
      });
      record.sinceMs = nowMs;
    }
    record.rung = rung;
    record.broadcastId = broadcastId;
    this.#options.events.emit('speaker.changed', { state: liveState(record) });
  }

  setFault(speakerId: SpeakerId, code: FaultCode, state: 'raised' | 'cleared'): void {
    const record = this.#records.get(speakerId);
    if (!record) return;
    const others = record.faults.filter((standing) => standing !== code);
    record.faults = state === 'raised' ? [...others, code] : others;
    record.evidence.hornsCut = areHornsCut(record.faults);
    record.snapshot = undefined;
    this.#options.events.emit('speaker.changed', { state: liveState(record) });
  }

  /** See SpeakerDirectory. An unknown speaker gets what an unknown path gets. */
  playoutDelayMs(speakerId: SpeakerId, broadcastClass: BroadcastClass): number {
    const { commonMs, apart } = this.#hamletDelay(speakerId, broadcastClass);
    return apart.get(speakerId) ?? commonMs;
  }

  /** See SpeakerDirectory. */
  playsApart(speakerId: SpeakerId, broadcastClass: BroadcastClass): boolean {
    return this.#hamletDelay(speakerId, broadcastClass).apart.has(speakerId);
  }

  /** By how much an emergency sounds later on this pole than on its neighbours, ms; 0: with them. null: too little is known of its path. */
  behindNeighboursMs(record: SpeakerRecord): number | null {
    if (record.roundTrip.samples < FIRM_SAMPLES) return null;
    const { commonMs, apart } = this.#hamletDelay(record.roster.speakerId, 'emergency');
    const ownMs = apart.get(record.roster.speakerId);
    return ownMs === undefined ? 0 : ownMs - commonMs;
  }

  #hamletDelay(speakerId: SpeakerId, broadcastClass: BroadcastClass): HamletDelay {
    const hamletId = this.#records.get(speakerId)?.roster.hamletId ?? '';
    const nowMs = this.#options.clock.monotonicMs();
    // Asked for every pole of a commune when an emergency begins.
    const present = (): SpeakerRecord[] => {
      const found: SpeakerRecord[] = [];
      for (const record of this.#byHamlet.get(hamletId) ?? []) if (isPresent(record, nowMs)) found.push(record);
      return found;
    };
    const sounds = ({ evidence: { connected, programme } }: SpeakerRecord): boolean =>
      connected && programme !== null && (broadcastClass !== 'emergency' || programme.channelId === EMERGENCY_CHANNEL_ID);
    return this.#delays.of({
      hamletId,
      broadcastClass,
      nowMs,
      paths: () => new Map(present().map((record) => [record.roster.speakerId, pathFigures(record)])),
      busy: () => present().some(sounds),
    });
  }

  #unindex(record: SpeakerRecord): void {
    const { clusterId, certificateSha256, hamletId } = record.roster;
    if (this.#byCluster.get(clusterId) === record) this.#byCluster.delete(clusterId);
    if (certificateSha256) this.#byCertificate.delete(certificateSha256);
    this.#byHamlet.get(hamletId)?.delete(record);
  }
}

function isPresent(record: SpeakerRecord, nowMs: number): boolean {
  return isInService(record.roster) && (record.connection !== undefined || nowMs - record.disconnectedAtMs < PRESENT_FOR_MS);
}
