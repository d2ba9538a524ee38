import { useState } from 'react';
import type { BroadcastSummary } from '../../../controller/protocol/broadcasts.ts';
import { timesSaid } from '../../../controller/protocol/times-said.ts';
import { stopBroadcast } from '../../api/broadcasts.ts';
import { useCommandsAvailable, useControllerNow, useProgress } from '../../app/console-context.ts';
import { useShownHere } from '../../app/shown-here.ts';
import { useAsOf } from '../../design/as-of.ts';
import { Note, useProblemWords } from '../../design/feedback.tsx';
import { useSoundingWords } from '../../design/sounding.ts';
import { useName } from '../../design/tally.tsx';
import { duration } from '../../formats/time.ts';
import { useMessages } from '../../i18n/messages.ts';
import classes from './emergency.module.css';
import { SharedAirNotes } from './shared-air-notes.tsx';
import type { FalseAlarmTaking } from './use-false-alarm.ts';

interface RunningViewProps {
  broadcast: BroadcastSummary;
  falseAlarm: Pick<FalseAlarmTaking, 'readiness' | 'underWay' | 'begin'>;
}

/** While it sounds: one tap stops it; the other stops it and says that it was a mistake. */
export function RunningView({ broadcast, falseAlarm }: RunningViewProps) {
  const t = useMessages();
  const words = useProblemWords();
  const now = useControllerNow();
  const available = useCommandsAvailable();
  const asOf = useAsOf();
  const [said, setSaid] = useState('');
  useShownHere(broadcast.broadcastId);
  const { readiness } = falseAlarm;
  const name = useName(broadcast);
  const soundingWords = useSoundingWords(broadcast);
  const { content, status, startedAtMs } = broadcast;
  const progress = useProgress(broadcast.broadcastId);
  const times = timesSaid({ ...broadcast, positionMs: progress?.positionMs ?? broadcast.positionMs });
  const figures = [
    ...(asOf === null && startedAtMs !== null ? [t.emergency.elapsed(duration(now - startedAtMs))] : []),
    ...(status === 'on_air' ? [soundingWords] : []),
  ];
  const saying = [
    ...(times === null ? [] : [t.emergency.said(times)]),
    ...(content.kind === 'bulletin' && content.repeat === 'until_stopped' ? [t.tally.untilStopped] : []),
  ];
  const isCorrection =
    broadcast.emergencyKind === 'correction' ||
    (typeof readiness === 'object' && content.kind === 'bulletin' && content.bulletinId === readiness.bulletinId);
  const title = (): string => {
    if (status !== 'on_air') return t.emergency.statusTitle(t.tally.status[status], name);
    return asOf === null ? t.emergency.runningTitle(name) : t.emergency.runningAsOf(name, asOf);
  };

  const stop = async (): Promise<void> => {
    setSaid(t.stop.stopping);
    const stopped = await stopBroadcast(broadcast.broadcastId);
    if (stopped.outcome === 'unknown') setSaid(t.stop.failed(words(stopped.problem)));
    else setSaid(stopped.unstored ? t.stop.unstored : t.stop.stopped);
  };
  const mistakeWords = {
    loading: t.emergency.mistakeLoading,
    failed: t.emergency.mistakeNotLoaded,
    none: t.emergency.mistakeOnlyStops,
  };

  return (
    <div className={classes.running} data-stale={asOf !== null || undefined}>
      <div>
        <h1>{title()}</h1>
        {saying.length > 0 && <p className="figure">{saying.join(' · ')}</p>}
      </div>
      <SharedAirNotes broadcast={broadcast} />
      {!broadcast.stored && <Note tone="warn">{t.emergency.unstored}</Note>}
      <div className={classes.controls}>
        {/* Beside the stop, whatever else takes the page's room: they say whether it is heard. */}
        <p className={`${classes.elapsed} figure`}>{figures.join(' · ')}</p>
        {!available && <Note tone="warn">{t.link.noCommands}</Note>}
        {said && (
          <p role="alert">
            <strong>{said}</strong>
          </p>
        )}
        <div className={classes.stops} data-alone={isCorrection || undefined}>
          <button type="button" className={classes.stop} aria-disabled={!available || undefined} onClick={() => available && void stop()}>
            {t.emergency.stopNow}
          </button>
          {/* A correction is no false alarm: it can only be stopped. */}
          {!isCorrection && (
            <button
              type="button"
              className={classes.mistake}
              aria-disabled={!available || falseAlarm.underWay || undefined}
              onClick={() => available && falseAlarm.begin(broadcast)}
            >
              {t.emergency.mistake}
              <span>{typeof readiness === 'object' ? t.emergency.mistakeSays(readiness.title) : mistakeWords[readiness]}</span>
            </button>
          )}
        </div>
      </div>
    </div>
  );
}
