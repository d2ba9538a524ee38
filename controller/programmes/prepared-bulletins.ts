import type { Clock } from '../clock.ts';
import { errorText } from '../errors.ts';
import type { Events } from '../events.ts';
import { ALL_CLEAR_TOPIC, CORRECTION_TOPIC } from '../protocol/prepared-topics.ts';
import { type BulletinList, type BulletinListQuery, bulletinListQuery } from '../protocol/programmes.ts';
import { inTurn, patiently } from '../store/index.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { BulletinRecord, BulletinRecords } from './bulletin-records.ts';

/** The page with the emergencies waits no longer than this for the store. */
const STORE_PATIENCE_MS = 300;
const MOST = 200;
const PREPARED_TOPICS = [CORRECTION_TOPIC, ALL_CLEAR_TOPIC];
const ready = (more: Partial<BulletinListQuery>): BulletinListQuery => bulletinListQuery.parse({ status: 'ready', limit: MOST, ...more });
/** What the console's emergency page asks for. */
const WANTED: readonly BulletinListQuery[] = [ready({ class: ['emergency'] }), ...PREPARED_TOPICS.map((topic) => ready({ topic }))];

export interface PreparedBulletins {
  start(): Promise<void>;
  close(): void;
  /** undefined: it is nothing that is prepared. */
  find(bulletinId: string): BulletinRecord | undefined;
  /** From the store; where that does not answer in time and the query asks for what is prepared only, from memory. */
  list(query: BulletinListQuery): Promise<{ records: BulletinRecord[]; nextBefore: BulletinList['nextBefore'] }>;
}

/** The bulletins that stand ready for an emergency, held in memory: they can be found and aired while the store does not answer. */
export function createPreparedBulletins(deps: {
  bulletins: Pick<BulletinRecords, 'list'>;
  events: Events;
  clock: Clock;
  logger: Logger;
  /** Told what is held each time it was read. */
  onLoaded(records: readonly BulletinRecord[]): void;
}): PreparedBulletins {
  const { bulletins, events, clock, logger } = deps;
  let held = new Map<string, BulletinRecord>();
  let stopListening: (() => void) | undefined;
  let isStale = false;

  const load = inTurn(async (): Promise<void> => {
    isStale = false;
    const found = await Promise.all(WANTED.map((query) => bulletins.list(query)));
    held = new Map(found.flatMap(({ records }) => records.map((record) => [record.bulletin.id, record])));
    deps.onLoaded([...held.values()]);
  });

  function changed(): void {
    // A bulletin that is being made tells of itself often; one reading behind the one under way is enough.
    if (isStale) return;
    isStale = true;
    load().catch((error: unknown) => logger.warn({ error: errorText(error) }, 'the prepared bulletins could not be read again'));
  }

  return {
    async start() {
      await load();
      stopListening ??= events.on('bulletin.changed', changed);
    },
    close() {
      stopListening?.();
      stopListening = undefined;
    },
    find: (bulletinId) => held.get(bulletinId),
    async list(query) {
      const asked = bulletins.list(query);
      if (!asksForPrepared(query)) return asked;
      try {
        return await patiently(asked, STORE_PATIENCE_MS, clock);
      } catch (error) {
        logger.warn({ error: errorText(error) }, 'the prepared bulletins are shown as they are remembered');
        return { records: [...held.values()].filter((record) => isAskedFor(record, query)).slice(0, query.limit), nextBefore: null };
      }
    },
  };
}

/** As the store compares topics: marks and case don't count, nor do đ and d. */
const folded = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').replace(/[đĐ]/g, 'd').toLowerCase();
const isSameTopic = (one: string, other: string): boolean => folded(one) === folded(other);

function asksForPrepared({ status, class: classes, topic, search, before }: BulletinListQuery): boolean {
  if (status !== 'ready' || search !== undefined || before !== undefined) return false;
  if (topic !== undefined) return PREPARED_TOPICS.some((prepared) => isSameTopic(prepared, topic));
  return classes !== undefined && [classes].flat().every((one) => one === 'emergency');
}

function isAskedFor({ bulletin }: BulletinRecord, { class: classes, topic }: BulletinListQuery): boolean {
  if (topic !== undefined && !isSameTopic(bulletin.topic, topic)) return false;
  return classes === undefined || [classes].flat().some((one) => one === bulletin.class);
}
