import type { Words } from '../errors.ts';
import type { Attention } from '../protocol/attention.ts';
import type { BroadcastClass } from '../protocol/broadcast-class.ts';
import type { BroadcastContent, BroadcastStatus, BroadcastSummary, EmergencyKind, Targets } from '../protocol/broadcasts.ts';
import { contentWithoutSecrets } from '../protocol/relay-address.ts';
import { timesSaid } from '../protocol/times-said.ts';
import { type schema, storableValue } from '../store/index.ts';
import type { CaptureInterval } from './hearing.ts';

/** Why a broadcast ended, for a person and for a program. */
export interface EndReason extends Words {
  code: string;
}

/** A broadcast as the engine keeps it; the row in the store follows it. */
export interface BroadcastRecord {
  readonly broadcastId: string;
  readonly title: string;
  readonly class: BroadcastClass;
  readonly content: BroadcastContent;
  readonly targets: Targets;
  /** The IP clusters that the targets mean; settled when it is prepared. */
  clusterIds: readonly string[];
  status: BroadcastStatus;
  readonly startsAtMs: number;
  /** Instant of the first sound. */
  startedAtMs: number | null;
  endedAtMs: number | null;
  durationMs: number | null;
  /** How much of the programme has sounded, ms. */
  positionMs: number;
  readonly onPreempted: 'resume' | 'end';
  preemptedBy: string | null;
  readonly gainDb: number;
  readonly chime: boolean;
  /** null: no emergency. */
  readonly emergencyKind: EmergencyKind | null;
  /** Chosen when it is accepted and kept: positions count from its beginning. */
  readonly attention: Attention | null;
  /** Of the bulletin, said once; null: other content, or not known yet. */
  messageMs: number | null;
  readonly latestStartMs: number;
  readonly origin: BroadcastSummary['origin'];
  readonly requestedBy: string | null;
  readonly requestedByName: string;
  endReason: EndReason | null;
  /** Each complete giving of the message, in order. */
  passes: readonly CaptureInterval[];
  /** The emergency whose missed hearings it makes up. */
  readonly makesUpFor: string | null;
  /** Of an emergency: how long after its end poles that missed it still get it. */
  validForMs: number | null;
  /** Of an emergency: who asked for the same words at the same places while it was on its way or on the air. Its log has them. */
  alsoRequestedBy?: readonly string[];
  /** Of an emergency: the older ones from which it took clusters. Not stored. */
  tookOver?: readonly BroadcastRecord[];
  /** Neither the store nor the disk has what was last acknowledged of it; were the controller killed now, that would be forgotten. */
  isUnstored?: boolean;
}

export const UNFINISHED: readonly BroadcastStatus[] = ['planned', 'preparing', 'on_air', 'preempted'];
const OVER: ReadonlySet<BroadcastStatus> = new Set(['finished', 'stopped', 'cut', 'failed', 'missed']);

export function isOver(record: { status: BroadcastStatus }): boolean {
  return OVER.has(record.status);
}

/** Whether its message was sent to its end, so that somebody can have heard it whole. */
export function wasGiven(record: Pick<BroadcastRecord, 'passes' | 'status'>): boolean {
  return record.passes.length > 0 || record.status === 'finished';
}

export function summaryOf(
  record: BroadcastRecord,
  live: { hearingClusters: number; heldOffClusterIds: readonly string[] },
): BroadcastSummary {
  return {
    broadcastId: record.broadcastId,
    title: record.title,
    class: record.class,
    // Nobody changes a broadcast: nobody needs a station's password here.
    content: contentWithoutSecrets(record.content),
    targets: record.targets,
    clusterIds: [...record.clusterIds],
    status: record.status,
    startsAtMs: record.startsAtMs,
    startedAtMs: record.startedAtMs,
    endedAtMs: record.endedAtMs,
    durationMs: record.durationMs,
    positionMs: record.positionMs,
    emergencyKind: record.emergencyKind,
    attention: record.attention,
    messageMs: record.messageMs,
    timesSaid: timesSaid(record),
    hearingClusters: live.hearingClusters,
    requestedBy: record.requestedByName,
    origin: record.origin,
    makesUpFor: record.makesUpFor,
    endReason: record.endReason?.vi ?? null,
    endReasonEn: record.endReason?.en ?? null,
    endReasonCode: record.endReason?.code ?? null,
    preemptedBy: record.preemptedBy,
    heldOffClusterIds: [...live.heldOffClusterIds],
    ...(record.class === 'emergency' ? sharedAir(record) : {}),
    stored: record.isUnstored !== true,
  };
}

/** What two people who give emergencies at the same time have to know of each other. */
function sharedAir({ alsoRequestedBy = [], tookOver = [] }: BroadcastRecord): Pick<BroadcastSummary, 'alsoRequestedBy' | 'tookOver'> {
  return {
    alsoRequestedBy: [...alsoRequestedBy],
    tookOver: tookOver.map((other) => ({
      ...{ broadcastId: other.broadcastId, title: other.title, requestedBy: other.requestedByName, isOver: isOver(other) },
    })),
  };
}

type Row = typeof schema.broadcasts.$inferSelect;
type NewRow = typeof schema.broadcasts.$inferInsert;

/** The fields that change during a broadcast's life. */
export type RecordPatch = Partial<
  Pick<
    BroadcastRecord,
    | 'clusterIds'
    | 'status'
    | 'startedAtMs'
    | 'endedAtMs'
    | 'durationMs'
    | 'messageMs'
    | 'positionMs'
    | 'preemptedBy'
    | 'endReason'
    | 'passes'
    | 'validForMs'
  >
>;

/** Whatever the texts in it are, the store can hold them. */
export function rowOf(record: BroadcastRecord): NewRow {
  const { broadcastId, startsAtMs, class: broadcastClass, title, content, targets, onPreempted, gainDb, chime, latestStartMs } = record;
  const { origin, requestedBy, requestedByName, makesUpFor, emergencyKind, attention } = record;
  return {
    ...storableValue({
      id: broadcastId,
      title,
      class: broadcastClass,
      content,
      targets,
      onPreempted,
      gainDb,
      chime,
      emergencyKind,
      attention,
      latestStartMs,
      origin,
      requestedBy,
      requestedByName,
      makesUpFor,
    }),
    startsAt: new Date(startsAtMs),
    clusterIds: [...record.clusterIds],
    status: record.status,
    ...rowPatchOf(record),
  };
}

/** The columns for the fields that are present. */
export function rowPatchOf(patch: RecordPatch): Partial<NewRow> {
  const row: Partial<NewRow> = {};
  if (patch.clusterIds !== undefined) row.clusterIds = [...patch.clusterIds];
  if (patch.status !== undefined) row.status = patch.status;
  if (patch.startedAtMs !== undefined) row.startedAt = dateOf(patch.startedAtMs);
  if (patch.endedAtMs !== undefined) row.endedAt = dateOf(patch.endedAtMs);
  if (patch.durationMs !== undefined) row.durationMs = patch.durationMs;
  if (patch.messageMs !== undefined) row.messageMs = patch.messageMs;
  if (patch.positionMs !== undefined) row.positionMs = patch.positionMs;
  if (patch.preemptedBy !== undefined) row.preemptedBy = patch.preemptedBy;
  if (patch.endReason !== undefined) row.endReason = storableValue(patch.endReason);
  if (patch.passes !== undefined) row.passes = [...patch.passes];
  if (patch.validForMs !== undefined) row.validForMs = patch.validForMs;
  return row;
}

/** All of them, as they are. */
export function patchOf(record: BroadcastRecord): Required<RecordPatch> {
  const { clusterIds, status, startedAtMs, endedAtMs, durationMs, messageMs, positionMs, preemptedBy, endReason, passes, validForMs } =
    record;
  return { clusterIds, status, startedAtMs, endedAtMs, durationMs, messageMs, positionMs, preemptedBy, endReason, passes, validForMs };
}

export function recordOf(row: Row): BroadcastRecord {
  return {
    broadcastId: row.id,
    title: row.title,
    class: row.class as BroadcastClass,
    content: row.content as BroadcastContent,
    targets: row.targets as Targets,
    clusterIds: row.clusterIds,
    status: row.status as BroadcastStatus,
    startsAtMs: row.startsAt.getTime(),
    startedAtMs: row.startedAt?.getTime() ?? null,
    endedAtMs: row.endedAt?.getTime() ?? null,
    durationMs: row.durationMs,
    positionMs: row.positionMs,
    onPreempted: row.onPreempted,
    preemptedBy: row.preemptedBy,
    gainDb: row.gainDb,
    chime: row.chime,
    emergencyKind: row.emergencyKind,
    attention: row.attention,
    messageMs: row.messageMs,
    latestStartMs: row.latestStartMs,
    origin: row.origin,
    requestedBy: row.requestedBy,
    requestedByName: row.requestedByName,
    endReason: row.endReason,
    passes: row.passes,
    makesUpFor: row.makesUpFor,
    validForMs: row.validForMs,
  };
}

function dateOf(epochMs: number | null): Date | null {
  return epochMs === null ? null : new Date(epochMs);
}
