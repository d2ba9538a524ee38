import { IconBroadcast, IconHelpCircle, IconHourglass, IconPlayerPause, IconVolumeOff } from '@tabler/icons-react';
import type { BroadcastSummary } from '../../../controller/protocol/broadcasts.ts';
import type { Place } from '../../api/places.ts';
import { useNext } from '../../api/schedules.ts';
import { useControllerNow, useProgress, useSession } from '../../app/console-context.ts';
import { useAsOf } from '../../design/as-of.ts';
import { useDayWords } from '../../design/day-words.ts';
import { LevelMeter } from '../../design/level-meter.tsx';
import { usePlaceWords } from '../../design/place-words.ts';
import { useSounding } from '../../design/sounding.ts';
import { StopButton } from '../../design/stop-button.tsx';
import { useName, useRemaining } from '../../design/tally.tsx';
import { clockTime, duration } from '../../formats/time.ts';
import { CLASS_WORDS } from '../../i18n/class-words.ts';
import { useMessages } from '../../i18n/messages.ts';
import { ON_AIR_WORDS } from '../../i18n/on-air-words.ts';
import { STATE_WORDS } from '../../i18n/state-words.ts';
import classes from './on-air.module.css';

/** A level that is older is no longer shown: a meter that stands still would be a claim. */
const FRESH_LEVEL_MS = 3000;

/** One broadcast in full: what, where, how many prove that it sounds, how long still. Red only while sound really goes out. */
export function NowCard({ broadcast, places }: { broadcast: BroadcastSummary; places: readonly Place[] }) {
  const t = useMessages(CLASS_WORDS, ON_AIR_WORDS, STATE_WORDS);
  const session = useSession();
  const placeWords = usePlaceWords(places);
  const progress = useProgress(broadcast.broadcastId);
  const name = useName(broadcast);
  const remainingMs = useRemaining(broadcast);
  const clusters = useSounding(broadcast);
  const now = useControllerNow();
  // What was true before the link broke is shown as a memory: dated, without red, without a running time.
  const asOf = useAsOf();
  const stale = asOf !== null;
  const sounding = broadcast.status === 'on_air' && !stale;
  const Icon = sounding ? IconBroadcast : broadcast.status === 'preempted' ? IconPlayerPause : IconHourglass;
  const inWords = broadcast.class === 'emergency' && sounding ? t.tally.emergency : t.tally.status[broadcast.status];
  const done = broadcast.durationMs && remainingMs !== null ? 1 - remainingMs / broadcast.durationMs : null;
  return (
    <section className={`${classes.now} ${sounding ? 'tone-on-air' : stale ? 'tone-unknown' : 'tone-quiet'}`} aria-label={broadcast.title}>
      <div className={classes.top}>
        <div>
          <p className={classes.status}>
            <Icon aria-hidden="true" />
            {stale ? t.tally.asOf(asOf, t.tally.was[broadcast.status]) : inWords}
          </p>
          <h2 className={classes.title}>{name}</h2>
          <p>
            {placeWords(broadcast.targets)} · {t.classes[broadcast.class]} · {t.tally.origin[broadcast.origin](broadcast.requestedBy)}
          </p>
        </div>
        {session.permissions.includes('announce') && (
          <StopButton broadcastId={broadcast.broadcastId} title={broadcast.title} size="large" wide />
        )}
      </div>
      <dl className={`${classes.figures} figure`}>
        {broadcast.status === 'on_air' && (
          <div>
            <dt>
              {t.onAir.soundingLabel} {stale && t.state.asOf(asOf)}
            </dt>
            <dd>{t.onAir.soundingOf(clusters.sounding, clusters.due)}</dd>
            {clusters.muted > 0 && <dd className={classes.aside}>{t.tally.muted(clusters.muted)}</dd>}
          </div>
        )}
        {sounding && (
          <div>
            <dt>{remainingMs === null ? t.onAir.since : t.onAir.timeLeft}</dt>
            <dd>{remainingMs === null ? clockTime(broadcast.startedAtMs ?? broadcast.startsAtMs) : duration(remainingMs)}</dd>
          </div>
        )}
      </dl>
      {sounding && done !== null && (
        <div className={classes.line} aria-hidden="true">
          <span style={{ ['--done' as string]: Math.min(1, Math.max(0, done)) }} />
        </div>
      )}
      {sounding && (
        <div className={classes.meter}>
          <LevelMeter levelDb={progress && now - progress.atMs < FRESH_LEVEL_MS ? progress.levelDb : -120} label={t.onAir.level} />
        </div>
      )}
    </section>
  );
}

export function NowIdle() {
  const t = useMessages(ON_AIR_WORDS);
  const dayWords = useDayWords();
  const next = useNext();
  const asOf = useAsOf();
  if (asOf !== null) {
    return (
      <section className={`${classes.now} tone-unknown`}>
        <p className={classes.status}>
          <IconHelpCircle aria-hidden="true" />
          {t.tally.unknown}
        </p>
        <p className={classes.title}>{t.onAir.nothingAsOf(asOf)}</p>
      </section>
    );
  }
  return (
    <section className={`${classes.now} tone-quiet`}>
      <p className={classes.status}>
        <IconVolumeOff aria-hidden="true" />
        {t.onAir.nothing}
      </p>
      <p className={classes.title}>
        {next ? t.onAir.nextAt(clockTime(next.startsAtMs), dayWords(next.startsAtMs), next.title) : t.onAir.nothingPlanned}
      </p>
    </section>
  );
}
