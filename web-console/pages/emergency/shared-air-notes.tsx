import type { BroadcastSummary } from '../../../controller/protocol/broadcasts.ts';
import { Note } from '../../design/feedback.tsx';
import { useMessages } from '../../i18n/messages.ts';

/** What two people who give emergencies at the same time have to know of each other: both see this page. */
export function SharedAirNotes({ broadcast }: { broadcast: Pick<BroadcastSummary, 'requestedBy' | 'alsoRequestedBy' | 'tookOver'> }) {
  const t = useMessages();
  const { requestedBy, alsoRequestedBy = [], tookOver = [] } = broadcast;
  return (
    <>
      {alsoRequestedBy.length > 0 && (
        <Note tone="warn" role="status">
          {t.emergency.joined(requestedBy, alsoRequestedBy.join(', '))}
        </Note>
      )}
      {tookOver.map((older) => (
        <Note key={older.broadcastId} tone="warn" role="status">
          {older.isOver ? t.emergency.replaced(older.title, older.requestedBy) : t.emergency.takesPlaces(older.title, older.requestedBy)}
        </Note>
      ))}
    </>
  );
}
