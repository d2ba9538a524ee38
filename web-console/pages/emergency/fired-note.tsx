import type { BroadcastSummary } from '../../../controller/protocol/broadcasts.ts';
import { useConsole, useLive } from '../../app/console-context.ts';
import { Button } from '../../design/button.tsx';
import { Note } from '../../design/feedback.tsx';
import { useMessages } from '../../i18n/messages.ts';
import { isEnded } from '../../live/live-state.ts';
import { SharedAirNotes } from './shared-air-notes.tsx';

/**
 * After the acknowledgement, while nothing of it sounds yet: what the server and the poles say about it, and the way back. Once it is on
 * air its own view takes the page.
 */
export function FiredNote({ fired, onBack }: { fired: BroadcastSummary; onBack: () => void }) {
  const t = useMessages();
  const { language } = useConsole().preferences;
  const live = useLive();
  const broadcast = live.broadcasts.get(fired.broadcastId) ?? fired;
  const reason = (language === 'en' ? broadcast.endReasonEn : broadcast.endReason) ?? '';
  return (
    <>
      {live.link === 'lost' ? (
        <Note tone="warn" role="alert">
          {t.emergency.firedLinkLost}
        </Note>
      ) : isEnded(broadcast) ? (
        <Note tone="warn" role="alert">
          {t.emergency.firedEnded(t.tally.status[broadcast.status], reason).trim()}
        </Note>
      ) : (
        <p role="status">
          <strong>{t.emergency.acknowledged}</strong>
        </p>
      )}
      <SharedAirNotes broadcast={broadcast} />
      {!broadcast.stored && (
        <Note tone="warn" role="alert">
          {t.emergency.unstored}
        </Note>
      )}
      <Button size="large" wide onClick={onBack}>
        {t.play.back}
      </Button>
    </>
  );
}
