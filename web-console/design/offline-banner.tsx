import { IconPlugConnectedX } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useConsole, useLive } from '../app/console-context.ts';
import { clockTime, dayDate } from '../formats/time.ts';
import { useMessages } from '../i18n/messages.ts';
import classes from './feedback.module.css';

/** A link that is there within this long needs no banner: what is shown meanwhile is dated where it stands. */
const PATIENCE_MS = 1000;

/**
 * The state of the link, always in the page for screen readers (role=status), visible while there is none: since when, of when the
 * states below are, and that nothing is kept to be sent later.
 */
export function OfflineBanner() {
  const t = useMessages();
  const { clock } = useConsole();
  const { link, lostAtMs, stateAtMs } = useLive();
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    setSlow(false);
    return link === 'connecting' ? clock.after(PATIENCE_MS, () => setSlow(true)) : undefined;
  }, [link, clock]);
  if (link === 'live' || (link === 'connecting' && !slow)) {
    return (
      <div role="status" className="visually-hidden" data-link={link}>
        {link === 'live' ? t.link.live : t.link.connecting}
      </div>
    );
  }
  const what = link === 'connecting' ? t.link.connecting : lostAtMs === null ? t.link.lost : t.link.lostAt(clockTime(lostAtMs));
  const date = stateAtMs === null ? null : t.days.timeOfDay(clockTime(stateAtMs), dayDate(stateAtMs));
  return (
    <div role="status" className={`${classes.banner} ${link === 'lost' ? 'tone-warn' : 'tone-unknown'}`} data-link={link}>
      <p>
        <IconPlugConnectedX size="1.2em" aria-hidden="true" /> <strong>{what}</strong>{' '}
        {date === null ? t.link.nothingKnown : t.link.stateOf(date)} {t.link.commandsUnavailable}
      </p>
    </div>
  );
}
