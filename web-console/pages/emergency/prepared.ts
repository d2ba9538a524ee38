import type { EmergencyKind } from '../../../controller/protocol/broadcasts.ts';
import { ALL_CLEAR_TOPIC, CORRECTION_TOPIC } from '../../../controller/protocol/prepared-topics.ts';
import type { Bulletin } from '../../../controller/protocol/programmes.ts';
import type { StartRequest } from '../../api/broadcasts.ts';
import { fetchEvery, useEveryBulletin } from '../../api/bulletins.ts';
import { fold } from '../../formats/search.ts';

/** Asked for by class and topic: they are prepared once, and a year of daily bulletins stands before them in the library. */
async function fetchPrepared(): Promise<Bulletin[]> {
  const found = await Promise.all([
    fetchEvery({ status: 'ready', class: ['emergency'] }),
    fetchEvery({ status: 'ready', topic: CORRECTION_TOPIC }),
    fetchEvery({ status: 'ready', topic: ALL_CLEAR_TOPIC }),
  ]);
  const each = new Map(found.flat().map((bulletin) => [bulletin.bulletinId, bulletin]));
  return [...each.values()].sort((a, b) => b.createdAtMs - a.createdAtMs);
}

export const usePreparedBulletins = () => useEveryBulletin('prepared', fetchPrepared);

const PAUSE_MS = 5000;
/** A correction and an all-clear: said twice, so that who only listened up at the first word hears it whole. */
const TIMES = 2;

/** What a prepared message is: it decides by which signal people know it. */
export function kindOf(bulletin: Pick<Bulletin, 'topic'>): EmergencyKind {
  if (fold(bulletin.topic) === fold(CORRECTION_TOPIC)) return 'correction';
  return fold(bulletin.topic) === fold(ALL_CLEAR_TOPIC) ? 'all_clear' : 'warning';
}

/** How it is said: a warning again and again until somebody stops it. */
export function sayingOf(bulletin: Pick<Bulletin, 'topic' | 'bulletinId'>): Pick<StartRequest, 'content' | 'emergencyKind'> {
  const emergencyKind = kindOf(bulletin);
  const repeat = emergencyKind === 'warning' ? 'until_stopped' : TIMES;
  return { emergencyKind, content: { kind: 'bulletin', bulletinId: bulletin.bulletinId, repeat, pauseMs: PAUSE_MS } };
}

export interface PreparedMessages {
  /** Bulletins of the emergency class that can be fired at once. */
  hazards: Bulletin[];
  correction: Bulletin | undefined;
  allClear: Bulletin | undefined;
}

/** What stands ready in the library. Only bulletins whose master exists: nothing is prepared in an emergency. */
export function preparedMessages(bulletins: readonly Bulletin[]): PreparedMessages {
  const ready = bulletins.filter((bulletin) => bulletin.status === 'ready');
  const of = (topic: string): Bulletin | undefined => ready.find((bulletin) => fold(bulletin.topic) === fold(topic));
  const correction = of(CORRECTION_TOPIC);
  const allClear = of(ALL_CLEAR_TOPIC);
  const hazards = ready.filter(
    (bulletin) =>
      bulletin.class === 'emergency' && bulletin.bulletinId !== correction?.bulletinId && bulletin.bulletinId !== allClear?.bulletinId,
  );
  return { hazards, correction, allClear };
}
