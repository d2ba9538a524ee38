import { IconClockPlus, IconPlayerStopFilled } from '@tabler/icons-react';
import { useState } from 'react';
import type { BroadcastSummary } from '../../../controller/protocol/broadcasts.ts';
import { CHIME_MS } from '../../../controller/protocol/media.ts';
import { useConsole, useControllerNow, useLive } from '../../app/console-context.ts';
import { Button } from '../../design/button.tsx';
import { Note } from '../../design/feedback.tsx';
import { LeaveQuestion } from '../../design/leave-question.tsx';
import { LevelMeter } from '../../design/level-meter.tsx';
import { useSoundingWords } from '../../design/sounding.ts';
import { duration } from '../../formats/time.ts';
import { useMessages } from '../../i18n/messages.ts';
import { SPEAK_WORDS } from '../../i18n/speak-words.ts';
import classes from './speak.module.css';
import { canExtend, remainingMs, WARNING_MS } from './speaking.ts';
import { TalkButton } from './talk-button.tsx';
import type { LiveSpeech } from './use-live-speech.ts';
import { useMicrophoneLevel, useWakeLock } from './use-microphone-level.ts';
import { useOpeningOver } from './use-opening-over.ts';

/** On air with the microphone: open or shut in words, how many prove that it sounds, what time is left, and the end. */
export function SpeakingView({ speech }: { speech: LiveSpeech }) {
  const t = useMessages(SPEAK_WORDS);
  const now = useControllerNow(500);
  const live = useLive();
  const [toggles, setToggles] = useState(false);
  const level = useMicrophoneLevel(speech.input, speech.open);
  useWakeLock(speech.step === 'speaking');
  const broadcast = speech.broadcastId ? live.broadcasts.get(speech.broadcastId) : undefined;
  const leftMs = speech.time ? remainingMs(speech.time, now) : 0;
  const attention = broadcast?.attention;
  const openingOver = useOpeningOver(speech.broadcastId, broadcast ? (attention?.durationMs ?? CHIME_MS) : Number.POSITIVE_INFINITY);
  const waiting =
    speech.step === 'ending' ? t.speak.ending : openingOver ? undefined : attention ? t.speak.waitForSignal : t.speak.waitForChime;
  const title =
    speech.step === 'ending'
      ? t.speak.ending
      : broadcast?.status === 'preempted'
        ? t.speak.preempted
        : broadcast?.status !== 'on_air'
          ? attention
            ? t.speak.preparingSignal
            : t.speak.preparing
          : openingOver
            ? t.speak.onAir
            : attention
              ? t.speak.signal
              : t.speak.chime;
  return (
    <div className="page narrow stack-wide">
      <LeaveQuestion when={speech.step === 'speaking'} words={t.speak.leaveSpeaking} />
      <h1>{title}</h1>
      {live.link === 'lost' && (
        <Note tone="warn" role="alert">
          {t.speak.linkLost}
        </Note>
      )}
      <p role="status">{speech.open ? t.speak.openStatus : `${t.speak.shutStatus} ${waiting ?? t.speak.ready}`}</p>
      <div className="dock">
        <TalkButton open={speech.open} toggles={toggles} waiting={waiting} onChange={speech.setMouth} />
      </div>
      {/* Below the button: it may be that it only has to be pressed. */}
      <SilentMicrophone broadcastId={speech.broadcastId} />
      <LevelMeter levelDb={level} label={t.speak.level} />
      <label className="choice">
        <input
          type="checkbox"
          checked={toggles}
          onChange={(event) => {
            speech.setMouth(false);
            setToggles(event.target.checked);
          }}
        />
        {t.speak.toggleChoice}
      </label>
      <div className="spread">
        <div>
          <p className="small soft">{t.speak.timeLeft}</p>
          <p className={`${classes.time} figure`} role="timer">
            {duration(leftMs)}
          </p>
          {broadcast && <HeardOn broadcast={broadcast} />}
        </div>
        {speech.time && (
          <Button
            size="large"
            icon={<IconClockPlus aria-hidden="true" />}
            unavailable={canExtend(speech.time) ? undefined : t.speak.longest}
            onClick={speech.addTime}
          >
            {t.speak.addTime}
          </Button>
        )}
      </div>
      {leftMs > 0 && leftMs < WARNING_MS && (
        <Note tone="warn" role="alert">
          {t.speak.nearlyOver}
        </Note>
      )}
      <Button
        size="large"
        wide
        kind="primary"
        busy={speech.step === 'ending'}
        icon={<IconPlayerStopFilled aria-hidden="true" />}
        onClick={() => void speech.finish()}
      >
        {t.speak.finish}
      </Button>
    </div>
  );
}

/** The banners are folded on this page; this one is for whoever holds the microphone. */
function SilentMicrophone({ broadcastId }: { broadcastId: string | undefined }) {
  const { language } = useConsole().preferences;
  const silent = useLive().conditions.find(
    ({ code, subject, clearedAtMs }) => code === 'air.microphone_silent' && subject === broadcastId && clearedAtMs === undefined,
  );
  if (!silent || broadcastId === undefined) return null;
  return (
    <Note tone="warn" role="alert">
      {silent[language]}
    </Note>
  );
}

function HeardOn({ broadcast }: { broadcast: BroadcastSummary }) {
  return <p>{useSoundingWords(broadcast)}</p>;
}
