import type { BroadcastSummary } from '../../controller/protocol/broadcasts.ts';
import { type Sounding, soundingOf } from '../../controller/protocol/sounding.ts';
import { useLive } from '../app/console-context.ts';
import { useMessages } from '../i18n/messages.ts';

export function useSounding(broadcast: BroadcastSummary): Sounding {
  const { speakers } = useLive();
  return soundingOf(broadcast, (clusterId) => speakers.get(clusterId)?.muted === true);
}

/** "38/58 cụm loa có tiếng · 2 cụm đang tắt tiếng": who was muted is named, and not missed. */
export function useSoundingWords(broadcast: BroadcastSummary): string {
  const t = useMessages();
  const { sounding, due, muted } = useSounding(broadcast);
  const words = t.tally.sounding(sounding, due);
  return muted > 0 ? `${words} · ${t.tally.muted(muted)}` : words;
}
