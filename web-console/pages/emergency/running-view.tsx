import { useState } from 'react';
import type { BroadcastSummary } from '../../../controller/protocol/broadcasts.ts';
import { fire, stopBroadcast } from '../../api/broadcasts.ts';
import { useCommandsAvailable, useControllerNow } from '../../app/console-context.ts';
import { useShownHere } from '../../app/shown-here.ts';
import { Note, useProblemWords } from '../../design/feedback.tsx';
import { duration } from '../../formats/time.ts';
import { useMessages } from '../../i18n/messages.ts';
import classes from './emergency.module.css';
import { preparedMessages, usePreparedBulletins } from './prepared.ts';

/** While it sounds: one tap stops it; the other stops it and says that it was a mistake. */
export function RunningView({ broadcast }: { broadcast: BroadcastSummary }) {
  const t = useMessages();
  const words = useProblemWords();
  const now = useControllerNow();
  const available = useCommandsAvailable();
  const { correction } = preparedMessages(usePreparedBulletins().data ?? []);
  const [said, setSaid] = useState('');
  useShownHere(broadcast.broadcastId);

  const stop = async (): Promise<boolean> => {
    setSaid(t.stop.stopping);
    try {
      await stopBroadcast(broadcast.broadcastId);
      return true;
    } catch (problem) {
      setSaid(t.stop.failed(words(problem)));
      return false;
    }
  };
  const correct = async (): Promise<void> => {
    if (!(await stop()) || !correction) return;
    const fired = await fire(
      {
        broadcastId: crypto.randomUUID(),
        title: correction.title,
        class: 'emergency',
        content: { kind: 'bulletin', bulletinId: correction.bulletinId, repeat: 2 },
        targets: broadcast.targets,
        chime: true,
      },
      () => setSaid(t.play.unknownOutcome),
    );
    if (fired.outcome === 'refused') setSaid(`${words(fired.problem)} ${t.emergency.correctionNotSent}`);
  };

  return (
    <div className={classes.running}>
      <div>
        <h1>{t.emergency.runningTitle(broadcast.title)}</h1>
        <p className={`${classes.elapsed} figure`}>
          {t.emergency.elapsed(duration(now - (broadcast.startedAtMs ?? broadcast.startsAtMs)))} ·{' '}
          {t.tally.sounding(broadcast.hearingClusters, broadcast.clusterIds.length)}
        </p>
      </div>
      {said && (
        <p role="alert">
          <strong>{said}</strong>
        </p>
      )}
      {!available && <Note tone="warn">{t.link.noCommands}</Note>}
      <div className={classes.stops}>
        <button type="button" className={classes.stop} aria-disabled={!available || undefined} onClick={() => available && void stop()}>
          {t.emergency.stopNow}
        </button>
        <button
          type="button"
          className={classes.mistake}
          aria-disabled={!available || undefined}
          onClick={() => available && void correct()}
        >
          {t.emergency.mistake}
          <span>{correction ? t.emergency.mistakeSays(correction.title) : t.emergency.mistakeOnlyStops}</span>
        </button>
      </div>
    </div>
  );
}
