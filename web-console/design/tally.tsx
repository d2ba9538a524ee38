import { IconBroadcast, IconHourglass, IconPlayerPause } from '@tabler/icons-react';
import type { BroadcastSummary } from '../../controller/protocol/broadcasts.ts';
import { usePlaces } from '../api/places.ts';
import { useNext } from '../api/schedules.ts';
import { useControllerNow, useLive, useProgress, useSession } from '../app/console-context.ts';
import { clockTime, duration } from '../formats/time.ts';
import { useMessages } from '../i18n/messages.ts';
import { isStale, onAir } from '../live/live-state.ts';
import { useAsOf } from './as-of.ts';
import { usePlaceWords } from './place-words.ts';
import { useSoundingWords } from './sounding.ts';
import { StopButton } from './stop-button.tsx';
import classes from './tally.module.css';

/** Milliseconds that are left, counted on by the page between two reports; null for open-ended. */
export function useRemaining(broadcast: BroadcastSummary): number | null {
  const now = useControllerNow(500);
  const progress = useProgress(broadcast.broadcastId);
  if (broadcast.durationMs === null) return null;
  const startedMs = broadcast.startedAtMs ?? broadcast.startsAtMs;
  const positionMs = progress ? progress.positionMs + Math.max(0, now - progress.atMs) : now - startedMs;
  return Math.max(0, broadcast.durationMs - positionMs);
}

/** What a person may be speaking on this very page, or an emergency. */
const isSpoken = (broadcast: BroadcastSummary): boolean => ['live', 'emergency'].includes(broadcast.class);
const isEndless = ({ content }: BroadcastSummary): boolean => content.kind === 'bulletin' && content.repeat === 'until_stopped';
/** What is on the air; of a pass that makes up for missed hearings, that it is one and for how many clusters. */
export function useName({ title, makesUpFor, clusterIds }: BroadcastSummary): string {
  const t = useMessages();
  return makesUpFor ? t.tally.makeUp(title, clusterIds.length) : title;
}

/** `brief`: on a phone, what it is and its stop, in one row. */
function TallyRow({ broadcast, brief }: { broadcast: BroadcastSummary; brief: boolean }) {
  const t = useMessages();
  const session = useSession();
  const places = usePlaces();
  const placeWords = usePlaceWords(places.data ?? []);
  const remainingMs = useRemaining(broadcast);
  const name = useName(broadcast);
  const soundingWords = useSoundingWords(broadcast);
  const asOf = useAsOf();
  const stale = asOf !== null;
  const sounding = broadcast.status === 'on_air' && !stale;
  const emergency = broadcast.class === 'emergency';
  const Icon = sounding ? IconBroadcast : broadcast.status === 'preempted' ? IconPlayerPause : IconHourglass;
  const inWords = emergency && sounding ? t.tally.emergency : t.tally.status[broadcast.status];
  const status = stale ? t.tally.asOf(asOf, t.tally.was[broadcast.status]) : inWords;
  return (
    <div
      className={`${classes.tally} ${sounding ? 'tone-on-air' : stale ? 'tone-unknown' : 'tone-quiet'} ${emergency && sounding ? classes.emergency : ''} ${brief ? classes.brief : ''}`}
    >
      <Icon size="1.8em" aria-hidden="true" />
      <div className={classes.what}>
        <p className={classes.title}>
          {status}: {name}
        </p>
        <p className="small">
          {placeWords(broadcast.targets)} · {broadcast.status === 'on_air' && `${soundingWords} · `}
          {isEndless(broadcast) && `${t.tally.untilStopped} · `}
          {t.tally.origin[broadcast.origin](broadcast.requestedBy)}
        </p>
      </div>
      {remainingMs !== null && sounding && <p className={`${classes.left} figure`}>{t.tally.left(duration(remainingMs))}</p>}
      {session.permissions.includes('announce') && <StopButton broadcastId={broadcast.broadcastId} title={broadcast.title} />}
    </div>
  );
}

interface TallyProps {
  /** The page itself shows that one. */
  without?: string | undefined;
  /** The page's button must be in sight: what isn't its own matter leaves it the room. */
  buttonFirst?: boolean;
}

/** What is on air, on every page: what, where, how long still, from whom; and how to stop it. */
export function Tally({ without, buttonFirst = false }: TallyProps) {
  const t = useMessages();
  const live = useLive();
  const all = onAir(live);
  const rows = all.filter((broadcast) => broadcast.broadcastId !== without);
  const next = useNext();
  return (
    <section aria-label={t.tally.label}>
      {rows.map((broadcast) => (
        <TallyRow key={broadcast.broadcastId} broadcast={broadcast} brief={buttonFirst && (all.length > 1 || !isSpoken(broadcast))} />
      ))}
      {all.length === 0 && (
        <p className={`${classes.tally} ${classes.idle} tone-quiet`}>
          {isStale(live) ? t.tally.unknown : next ? t.tally.idleNext(clockTime(next.startsAtMs), next.title) : t.tally.idle}
        </p>
      )}
    </section>
  );
}
