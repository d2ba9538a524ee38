import type { Clock } from '../clock.ts';
import type { Distributor } from '../distribution/distributor.ts';
import { AppError, errorText } from '../errors.ts';
import type { Actor } from '../http/route.ts';
import { fmClustersInWords, type Inventory, type Resolution } from '../inventory/index.ts';
import type { BroadcastPreview, PreviewBroadcast, StartBroadcast } from '../protocol/broadcasts.ts';
import type { EmergencySettings } from '../protocol/settings.ts';
import type { SpeakerDirectory } from '../speakers/speaker-directory.ts';
import { isHopeless, patiently } from '../store/index.ts';
import type { Logger } from '../telemetry/logger.ts';
import { breathe } from '../turns.ts';
import { admission, isInHand } from './admission.ts';
import type { Decision } from './arbitration.ts';
import { attentionOf } from './attention.ts';
import { refused, storeAway } from './broadcast-errors.ts';
import { defaultLatestStartMs } from './contender.ts';
import type { BroadcastEngine } from './engine.ts';
import type { Journal } from './journal.ts';
import { durationOf } from './length.ts';
import { type AirableBulletin, type BulletinLibrary, RememberingLibrary } from './library.ts';
import { loudnessOf, previewOf } from './preview.ts';
import { reachOf } from './reach.ts';
import type { BroadcastRecord, EndReason } from './record.ts';
import { sameEmergency, type Urgent } from './same-emergency.ts';
import { longestWakeUpMs } from './wake-up.ts';
import { REASONS } from './words.ts';

/** A planned broadcast gets its channel and speakers this long before its instant: the slowest amplifier (10 s) is awake by then. */
export const PREPARE_LEAD_MS = 12_000;
/** An emergency with a bulletin that nobody prepared for one waits no longer than this for what the store knows of it. */
const URGENT_PATIENCE_MS = 300;
/** Preparation begins twelve seconds ahead: so long the store may take, and it is still on time. */
const STORE_PATIENCE_MS = 3000;
/** A warning that comes half an hour late may still save somebody; one of this morning frightens at noon. */
const USUAL_VALIDITY_MS = 30 * 60_000;
/** An emergency's volume is the poles' own; a request may raise it, never lower it. */
const EMERGENCY_GAIN_FLOOR_DB = 0;
const BY_PEOPLE: ReadonlySet<BroadcastRecord['origin']> = new Set(['console', 'api']);
/** In a preview; no broadcast has it. */
const NO_ID = '00000000-0000-4000-8000-000000000000';

/** Who wants a broadcast; a schedule has no user and its name for a name. */
export type Requester =
  | { origin: 'console' | 'api'; actor: Pick<Actor, 'userId' | 'displayName' | 'role'> }
  | { origin: 'schedule' | 'demo'; name: string }
  /** An emergency once more for those who missed it; `name` is who gave it first. */
  | { origin: 'make_up'; name: string; makesUpFor: string };

export interface IntakeDeps {
  clock: Clock;
  logger: Logger;
  speakers: SpeakerDirectory;
  inventory: Pick<Inventory, 'resolve' | 'cluster'>;
  bulletins: BulletinLibrary;
  distributor: Pick<Distributor, 'microphoneOwner'>;
  engine: BroadcastEngine;
  journal: Journal;
  /** Those whose time has not come. */
  planned(): readonly BroadcastRecord[];
  /** The commune's choice, from memory. */
  emergencySettings(): EmergencySettings;
  /** In which instants are put into words. */
  timeZone: string;
}

/** A request with everything that was looked up for it. */
interface Considered {
  record: BroadcastRecord;
  resolution: Resolution;
  bulletin: AirableBulletin | undefined;
  refusal: EndReason | undefined;
}

interface Foreseen extends Considered {
  /** What arbitration says if it were due now; computed once, for thousands of places cost it milliseconds. */
  foresee(): readonly Decision[];
}

export interface Accepted {
  record: BroadcastRecord;
  masterPath: string | null;
  /** false: the store did not answer at once. */
  isWritten: boolean;
}

/** From a wish to an accepted record, or to a refusal in words. */
export class Intake {
  #deps: IntakeDeps;
  #library: RememberingLibrary;
  /** What is being accepted: whoever asks for the same emergency in this moment finds it here, and whoever asks for one too many. */
  #onTheirWay = new Map<string, Urgent>();

  constructor(deps: IntakeDeps) {
    this.#deps = deps;
    this.#library = new RememberingLibrary(deps.bulletins);
  }

  /** undefined for content that is no bulletin, too. */
  async bulletinOf(content: StartBroadcast['content'], haste: 'usual' | 'urgent' = 'usual'): Promise<AirableBulletin | undefined> {
    return content.kind === 'bulletin' ? this.#library.bulletin(content.bulletinId, haste) : undefined;
  }

  /**
   * Writes the broadcast to the store; an emergency only where the store answers at once. undefined: the id is known already. An emergency that runs already
   * starts nothing more: its id is the answer. Call `settled` when it has been handed on, or was not accepted.
   * @param known asks the store whether there is a broadcast with this id; an emergency learns it when it is written
   * @throws AppError
   */
  async accept(request: StartBroadcast, requester: Requester, known: () => Promise<boolean>): Promise<Accepted | string | undefined> {
    const isUrgent = request.class === 'emergency';
    if (!isUrgent && (await inWords(known()))) return undefined;
    const bulletin = await (isUrgent ? this.#urgentBulletin(request.content) : inWords(this.bulletinOf(request.content)));
    const { record, refusal } = this.#consider(request, requester, bulletin);
    if (refusal) throw refused(refusal);
    const masterPath = bulletin?.masterPath ?? null;
    const same = this.#same({ record, masterPath });
    if (same) return same.broadcastId;
    this.#onTheirWay.set(record.broadcastId, { record, masterPath });
    const { journal } = this.#deps;
    const outcome = await inWords(isUrgent ? journal.insertUrgently(record) : journal.insert(record));
    if (outcome === 'exists') return undefined;
    return { record, masterPath, isWritten: outcome === 'inserted' };
  }

  settled(broadcastId: string): void {
    this.#onTheirWay.delete(broadcastId);
  }

  async preview(request: PreviewBroadcast, requester: Requester): Promise<BroadcastPreview> {
    const { engine, inventory, clock, timeZone } = this.#deps;
    // Reading a request that names thousands of places was a turn's work.
    await breathe();
    const bulletin = request.class === 'emergency' ? this.#urgentBulletin(request.content) : this.bulletinOf(request.content);
    const found = await bulletin;
    const { record, resolution, refusal, foresee } = this.#consider(request, requester, found);
    const same = this.#same({ record, masterPath: found?.masterPath ?? null });
    return previewOf({
      broadcast: record,
      fmWords: fmClustersInWords(resolution.fmClusterIds.length),
      fmClusterCount: resolution.fmClusterIds.length,
      hamletNames: resolution.hamlets.map((hamlet) => hamlet.name),
      hamletCount: resolution.hamlets.length,
      isEverything: resolution.isEverything,
      reach: reachOf(record.clusterIds, this.#deps.speakers),
      ...loudnessOf(
        record.class,
        record.clusterIds.flatMap((clusterId) => inventory.cluster(clusterId) ?? []),
      ),
      nowMs: clock.nowMs(),
      timeZone,
      refusal,
      same,
      decisions: same || record.status === 'planned' || resolution.clusterIds.length === 0 ? [] : foresee(),
      others: [...engine.records(), ...engine.heldForRecords()],
    });
  }

  /**
   * Looks again at a plan whose time comes: what it means now, and whether it may still be aired. While the store is away, a bulletin
   * that was ready before is taken as it was remembered.
   * @throws what the store throws, when the bulletin is not remembered either
   */
  async reconsider(record: BroadcastRecord): Promise<Considered> {
    const { inventory, clock, logger } = this.#deps;
    const { content } = record;
    const resolution = inventory.resolve(record.targets);
    const bulletin = await patiently(this.bulletinOf(content), STORE_PATIENCE_MS, this.#deps.clock).catch((error: unknown) => {
      const remembered = content.kind === 'bulletin' && !isHopeless(error) ? this.#library.remembered(content.bulletinId) : undefined;
      if (!remembered) throw error;
      logger.warn({ broadcastId: record.broadcastId, error: errorText(error) }, 'a planned broadcast is prepared without the store');
      return remembered;
    });
    const counts = { clusterCount: resolution.clusterIds.length, fmClusterCount: resolution.fmClusterIds.length };
    const asked = { role: null, bulletin, isOthersMicrophone: this.#isOthersMicrophone(record), inHand: this.#inHand(record) };
    const refusal = admission({ ...record, ...counts, ...asked, nowMs: clock.nowMs(), isPlanAhead: false });
    return { record, resolution, bulletin, refusal };
  }

  #same(asked: Urgent): BroadcastRecord | undefined {
    const { engine, clock } = this.#deps;
    const others = [...engine.emergencies(), ...this.#onTheirWay.values()].filter(
      ({ record }) => record.broadcastId !== asked.record.broadcastId,
    );
    return sameEmergency(asked, others, clock.nowMs());
  }

  #consider(request: PreviewBroadcast, requester: Requester, bulletin: AirableBulletin | undefined): Foreseen {
    const resolution = this.#deps.inventory.resolve(request.targets);
    const record = this.#recordOf(request, requester, resolution, bulletin);
    let foreseen: readonly Decision[] | undefined;
    const foresee = (): readonly Decision[] => {
      foreseen ??= this.#deps.engine.foresee(record);
      return foreseen;
    };
    return { record, resolution, bulletin, refusal: this.#refusalOf(record, requester, resolution, bulletin, foresee), foresee };
  }

  #recordOf(
    request: PreviewBroadcast,
    requester: Requester,
    resolution: Resolution,
    bulletin: AirableBulletin | undefined,
  ): BroadcastRecord {
    const nowMs = this.#deps.clock.nowMs();
    const startsAtMs = Math.round(request.startsAtMs ?? nowMs);
    const emergencyKind = request.class === 'emergency' ? (request.emergencyKind ?? 'warning') : null;
    const attention = attentionOf(
      emergencyKind,
      this.#deps.emergencySettings(),
      longestWakeUpMs(this.#deps.speakers, resolution.clusterIds),
    );
    const messageMs = bulletin?.durationMs ?? null;
    return {
      broadcastId: request.broadcastId ?? NO_ID,
      title: request.title,
      class: request.class,
      content: request.content,
      targets: request.targets,
      clusterIds: resolution.clusterIds,
      status: startsAtMs > nowMs + PREPARE_LEAD_MS || isPlan(requester) ? 'planned' : 'preparing',
      startsAtMs,
      startedAtMs: null,
      endedAtMs: null,
      durationMs: durationOf({ content: request.content, attention, messageMs }),
      positionMs: 0,
      onPreempted: request.onPreempted,
      preemptedBy: null,
      gainDb: request.class === 'emergency' ? Math.max(EMERGENCY_GAIN_FLOOR_DB, request.gainDb) : request.gainDb,
      // An emergency must not begin as every bulletin does.
      chime: request.chime && emergencyKind === null,
      emergencyKind,
      attention,
      messageMs,
      latestStartMs: request.latestStartMs ?? defaultLatestStartMs(request.class),
      origin: requester.origin,
      requestedBy: 'actor' in requester ? requester.actor.userId : null,
      requestedByName: 'actor' in requester ? requester.actor.displayName : requester.name,
      endReason: null,
      passes: [],
      makesUpFor: 'makesUpFor' in requester ? requester.makesUpFor : null,
      validForMs: request.class === 'emergency' ? (request.validForMs ?? USUAL_VALIDITY_MS) : null,
    };
  }

  /** Why this request can't be taken; for what starts now, also what is on the air and who is there. */
  #refusalOf(
    record: BroadcastRecord,
    requester: Requester,
    resolution: Resolution,
    bulletin: AirableBulletin | undefined,
    foresee: () => readonly Decision[],
  ): EndReason | undefined {
    const { engine, clock } = this.#deps;
    const isPlanAhead = record.status === 'planned';
    const role = 'actor' in requester ? requester.actor.role : null;
    const counts = { clusterCount: resolution.clusterIds.length, fmClusterCount: resolution.fmClusterIds.length };
    const asked = { role, bulletin, isOthersMicrophone: this.#isOthersMicrophone(record), inHand: this.#inHand(record) };
    const refusal = admission({ ...record, ...counts, ...asked, nowMs: clock.nowMs(), isPlanAhead: isPlanAhead && role === null });
    if (refusal || isPlanAhead) return refusal;
    const busy = foresee().find((decision) => decision.do === 'refuse' && decision.broadcastId === record.broadcastId);
    if (busy?.do === 'refuse') return REASONS.liveBusy(busy.by.flatMap((id) => engine.record(id) ?? []));
    if (record.class !== 'emergency' && reachOf(record.clusterIds, this.#deps.speakers).connected === 0) return REASONS.nobodyConnected();
    return undefined;
  }

  #inHand(asked: BroadcastRecord): { count: number; places: number } {
    const { engine, planned } = this.#deps;
    const onTheirWay = [...this.#onTheirWay.values()].map(({ record }) => record);
    const byId = new Map([...engine.records(), ...planned(), ...onTheirWay].map((record) => [record.broadcastId, record]));
    byId.delete(asked.broadcastId);
    const others = [...byId.values()].filter((record) => isInHand(record) && BY_PEOPLE.has(record.origin));
    return { count: others.length, places: [asked, ...others].reduce((sum, record) => sum + placesNamed(record), 0) };
  }

  /** Everybody signed in can see the id of a microphone on the air. */
  #isOthersMicrophone({ content, requestedBy }: BroadcastRecord): boolean {
    if (content.kind !== 'microphone') return false;
    const ownerId = this.#deps.distributor.microphoneOwner(content.microphoneId);
    return ownerId !== undefined && ownerId !== requestedBy;
  }

  /** From memory where it is there: an emergency takes what is known without the store, if the store doesn't answer at once. */
  async #urgentBulletin(content: StartBroadcast['content']): Promise<AirableBulletin | undefined> {
    if (content.kind !== 'bulletin') return undefined;
    const remembered = this.#library.remembered(content.bulletinId);
    if (remembered) return remembered;
    try {
      return await patiently(this.bulletinOf(content, 'urgent'), URGENT_PATIENCE_MS, this.#deps.clock);
    } catch (error) {
      if (isHopeless(error)) throw error;
      throw storeAway(error);
    }
  }
}

/** As they were asked for, and what that means. */
function placesNamed({ clusterIds, targets }: BroadcastRecord): number {
  return clusterIds.length + ('everything' in targets ? 0 : targets.hamletIds.length + targets.clusterIds.length);
}

/** What a schedule wants is looked at once more when its time comes. */
function isPlan({ origin }: Requester): boolean {
  return origin === 'schedule' || origin === 'demo';
}

/** A store that is away is told in words; a defect stays one. */
async function inWords<Result>(task: Promise<Result>): Promise<Result> {
  try {
    return await task;
  } catch (error) {
    throw error instanceof AppError || isHopeless(error) ? error : storeAway(error);
  }
}
