import { IconPlayerPauseFilled, IconPlayerPlayFilled } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { Bulletin } from '../../../controller/protocol/programmes.ts';
import { audioUrl, fetchPeaks } from '../../api/bulletins.ts';
import { Button } from '../../design/button.tsx';
import { Waveform } from '../../design/waveform.tsx';
import { duration } from '../../formats/time.ts';
import { BULLETIN_WORDS } from '../../i18n/bulletin-words.ts';
import { useMessages } from '../../i18n/messages.ts';
import classes from './library.module.css';

/** The master as the horns will get it, heard in this browser only. */
export function BulletinPlayer({ bulletin }: { bulletin: Bulletin }) {
  const t = useMessages(BULLETIN_WORDS);
  const audio = useRef<HTMLAudioElement>(null);
  const [playing, setPlaying] = useState(false);
  const [positionS, setPositionS] = useState(0);
  const [failed, setFailed] = useState(false);
  const peaks = useQuery({
    queryKey: ['peaks', bulletin.bulletinId],
    queryFn: () => fetchPeaks(bulletin.bulletinId),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const lengthMs = bulletin.durationMs ?? 0;
  return (
    <section className="card stack" aria-labelledby="listen-title">
      <h2 id="listen-title">{t.bulletin.listen}</h2>
      {/* biome-ignore lint/a11y/useMediaCaption: the spoken text stands below, where there is one */}
      <audio
        ref={audio}
        src={audioUrl(bulletin.bulletinId)}
        preload="none"
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onEnded={() => setPositionS(0)}
        onTimeUpdate={(event) => setPositionS(event.currentTarget.currentTime)}
        onError={() => setFailed(true)}
      />
      <div className={classes.player}>
        <Button
          size="large"
          icon={playing ? <IconPlayerPauseFilled aria-hidden="true" /> : <IconPlayerPlayFilled aria-hidden="true" />}
          onClick={() => {
            setFailed(false);
            if (playing) audio.current?.pause();
            else audio.current?.play().catch(() => setFailed(true));
          }}
        >
          {playing ? t.bulletin.pause : t.bulletin.hear}
        </Button>
        <span className="figure">
          {duration(positionS * 1000)} / {duration(lengthMs)}
        </span>
      </div>
      {peaks.data && <Waveform peaks={peaks.data} played={lengthMs > 0 ? (positionS * 1000) / lengthMs : 0} label={t.bulletin.waveform} />}
      <input
        type="range"
        min={0}
        max={Math.max(1, Math.round(lengthMs / 1000))}
        value={Math.round(positionS)}
        aria-label={t.bulletin.position}
        aria-valuetext={duration(positionS * 1000)}
        className={classes.seek}
        onChange={(event) => {
          const target = Number(event.currentTarget.value);
          setPositionS(target);
          if (audio.current) audio.current.currentTime = target;
        }}
      />
      {failed && <p role="alert">{t.bulletin.cannotPlay}</p>}
      <p className="small soft">{t.bulletin.onlyHere}</p>
    </section>
  );
}
