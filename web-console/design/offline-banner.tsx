import { IconPlugConnectedX } from '@tabler/icons-react';
import { useLive } from '../app/console-context.ts';
import { clockTime, dayDate } from '../formats/time.ts';
import { useMessages } from '../i18n/messages.ts';
import classes from './feedback.module.css';

/**
 * The state of the link, always in the page for screen readers (role=status), visible when it is lost: since when, of when the
 * states below are, and that nothing is kept to be sent later.
 */
export function OfflineBanner() {
  const t = useMessages();
  const live = useLive();
  const lost = live.link === 'lost';
  return (
    <div role="status" className={lost ? `${classes.banner} tone-warn` : 'visually-hidden'} data-link={live.link}>
      {lost ? (
        <p>
          <IconPlugConnectedX size="1.2em" aria-hidden="true" />{' '}
          <strong>{live.lostAtMs === null ? t.link.lost : t.link.lostAt(clockTime(live.lostAtMs))}</strong>{' '}
          {live.stateAtMs === null ? t.link.nothingKnown : t.link.stateOf(`${clockTime(live.stateAtMs)} ${dayDate(live.stateAtMs)}`)}{' '}
          {t.link.commandsUnavailable}
        </p>
      ) : live.link === 'live' ? (
        t.link.live
      ) : (
        t.link.connecting
      )}
    </div>
  );
}
