import type { Bulletin } from '../../../controller/protocol/programmes.ts';
import { fold } from '../../formats/search.ts';

/** Topics by which the messages that must be ready beforehand are found in the library. */
export const CORRECTION_TOPIC = 'Đính chính';
export const ALL_CLEAR_TOPIC = 'Hết khẩn cấp';

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
