import { and, gt, inArray, isNull, lte, or } from 'drizzle-orm';
import type { ClusterOutcome } from '../protocol/broadcasts.ts';
import type { FaultCode } from '../protocol/speaker-state.ts';
import { type Store, schema } from '../store/index.ts';
import { CAUSE_BY_FAULT } from './make-up/index.ts';
import type { Silence } from './silenced.ts';

type Cause = NonNullable<ClusterOutcome['cause']>;

/** What kept a pole from sounding, the plainest first. With the first three nothing reaches the horns. */
const CAUSES: readonly [FaultCode, Cause][] = [
  ...CAUSE_BY_FAULT,
  ['power_lost', { code: 'power_lost', vi: 'mất điện', en: 'it had lost its power' }],
  ['offline', { code: 'offline', vi: 'mất kết nối', en: 'it was not connected' }],
  ['media_path_down', { code: 'media_path_down', vi: 'không nhận được tín hiệu âm thanh', en: 'no sound reached it' }],
  ['silent_while_playing', { code: 'silent_while_playing', vi: 'không ra tiếng', en: 'it was silent' }],
];
const SILENCING: ReadonlySet<string> = new Set(CAUSE_BY_FAULT.map(([code]) => code));
/** The last sound comes up to this long after the end of what was sent. */
const AFTERWARDS_MS = 10_000;

export interface PoleFaults {
  silences: Map<string, Silence[]>;
  causes: Map<string, Cause>;
}

/** The faults that stood on these clusters while it was on the air. @param untilMs epoch ms */
export async function readPoleFaults(
  store: Store,
  during: { clusterIds: readonly string[]; fromMs: number; untilMs: number },
): Promise<PoleFaults> {
  const { faults } = schema;
  const untilMs = during.untilMs + AFTERWARDS_MS;
  const rows = await store.db
    .select({ clusterId: faults.clusterId, code: faults.code, raisedAt: faults.raisedAt, clearedAt: faults.clearedAt })
    .from(faults)
    .where(
      and(
        inArray(faults.clusterId, [...during.clusterIds]),
        inArray(
          faults.code,
          CAUSES.map(([code]) => code),
        ),
        lte(faults.raisedAt, new Date(untilMs)),
        or(isNull(faults.clearedAt), gt(faults.clearedAt, new Date(during.fromMs))),
      ),
    );
  const byCluster = Map.groupBy(rows, (row) => row.clusterId);
  const found: PoleFaults = { silences: new Map(), causes: new Map() };
  for (const [clusterId, own] of byCluster) {
    const cause = CAUSES.find(([code]) => own.some((row) => row.code === code));
    if (cause) found.causes.set(clusterId, cause[1]);
    const silences = own
      .filter((row) => SILENCING.has(row.code))
      .map((row) => ({ fromMs: row.raisedAt.getTime(), untilMs: row.clearedAt?.getTime() ?? Number.POSITIVE_INFINITY }));
    if (silences.length > 0) found.silences.set(clusterId, silences);
  }
  return found;
}
