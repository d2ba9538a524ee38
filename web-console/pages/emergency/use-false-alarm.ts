import { useRef, useState } from 'react';
import type { BroadcastSummary } from '../../../controller/protocol/broadcasts.ts';
import { fetchBroadcast, fire, stopBroadcast } from '../../api/broadcasts.ts';
import { type FalseAlarm, isUnderWay, takeBack } from './false-alarm.ts';
import { type PreparedMessages, preparedMessages, usePreparedBulletins } from './prepared.ts';

export interface FalseAlarmTaking {
  alarm: FalseAlarm | undefined;
  underWay: boolean;
  /** Whether a correction stands ready, or why that is not known. */
  readiness: 'loading' | 'failed' | 'none' | { title: string; bulletinId: string };
  begin(broadcast: BroadcastSummary): void;
  /** After something failed: what is left to do of the same false alarm. */
  again(): void;
  /** It has been read. */
  dismiss(): void;
}

const placesOf = async (broadcastId: string): Promise<BroadcastSummary['targets']> => (await fetchBroadcast(broadcastId)).targets;

/** The taking back of a false alarm. It belongs to the page, for the emergency's own view goes with the emergency. */
export function useFalseAlarm(): FalseAlarmTaking {
  const bulletins = usePreparedBulletins();
  const [alarm, setAlarm] = useState<FalseAlarm>();
  const taking = useRef<{ broadcast: BroadcastSummary; correctionId: string }>(undefined);
  const correctionIn = (list: Parameters<typeof preparedMessages>[0]): PreparedMessages['correction'] => preparedMessages(list).correction;
  const ready = bulletins.data && correctionIn(bulletins.data);

  const run = async (): Promise<void> => {
    const mine = taking.current;
    if (!mine || isUnderWay(alarm)) return;
    const findCorrection = async (): Promise<PreparedMessages['correction']> =>
      ready ?? correctionIn((await bulletins.refetch({ throwOnError: true })).data ?? []);
    await takeBack(mine.broadcast, mine.correctionId, { stop: stopBroadcast, findCorrection, placesOf, fire }, setAlarm);
  };
  return {
    alarm,
    underWay: isUnderWay(alarm),
    readiness: ready ?? (bulletins.data ? 'none' : bulletins.isError ? 'failed' : 'loading'),
    begin(broadcast) {
      // The same emergency once more: the same correction, which can sound once only.
      if (taking.current?.broadcast.broadcastId !== broadcast.broadcastId)
        taking.current = { broadcast, correctionId: crypto.randomUUID() };
      void run();
    },
    again() {
      // One that was accepted and then failed is over for good; another one has to be asked for.
      if (taking.current && alarm?.step === 'acknowledged') taking.current.correctionId = crypto.randomUUID();
      void run();
    },
    dismiss() {
      if (!isUnderWay(alarm)) setAlarm(undefined);
    },
  };
}
