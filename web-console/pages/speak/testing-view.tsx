import { IconArrowLeft } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useCommandsAvailable, useConsole } from '../../app/console-context.ts';
import { Button } from '../../design/button.tsx';
import { ConfirmSentence } from '../../design/confirm-sentence.tsx';
import { ErrorSummary, Note, useProblemWords } from '../../design/feedback.tsx';
import { LeaveQuestion } from '../../design/leave-question.tsx';
import { LevelMeter } from '../../design/level-meter.tsx';
import { useMessages } from '../../i18n/messages.ts';
import { SPEAK_WORDS } from '../../i18n/speak-words.ts';
import type { LiveSpeech } from './use-live-speech.ts';
import { useMicrophoneLevel } from './use-microphone-level.ts';

export interface StartState {
  busy: boolean;
  unavailable: string | undefined;
}

interface TestingViewProps {
  speech: LiveSpeech;
  emergency: boolean;
  /** The button that puts the microphone on air: pressed for an announcement, held for an emergency. */
  renderStart: (state: StartState) => ReactNode;
}

/** The local meter and the sentence: the last view before anybody hears anything. */
export function TestingView({ speech, emergency, renderStart }: TestingViewProps) {
  const t = useMessages(SPEAK_WORDS);
  const words = useProblemWords();
  const { preferences } = useConsole();
  const available = useCommandsAvailable();
  const level = useMicrophoneLevel(speech.input, true);
  const busy = speech.step === 'starting' || speech.step === 'unknown';
  return (
    <div className="page narrow stack-wide">
      <LeaveQuestion when={busy} words={t.speak.leaveStarting} />
      <h1>{t.speak.testTitle}</h1>
      {speech.problem !== undefined && <ErrorSummary problems={[{ text: `${words(speech.problem)} ${t.play.nothingSounded}` }]} />}
      {speech.step === 'unknown' && (
        <Note tone="warn" role="alert">
          {t.play.unknownOutcome}
        </Note>
      )}
      <div className="card stack">
        <p>
          <strong>{t.speak.nobodyHears}</strong> {t.speak.sayAFewWords}
        </p>
        <LevelMeter levelDb={level} label={t.speak.level} />
      </div>
      {speech.preview && <ConfirmSentence sentence={speech.preview[preferences.language]} emergency={emergency} />}
      <div className="dock">
        {renderStart({
          busy,
          unavailable: speech.preview?.refusal?.[preferences.language] ?? (available || busy ? undefined : t.link.noCommands),
        })}
      </div>
      <Button size="large" wide busy={busy} icon={<IconArrowLeft aria-hidden="true" />} onClick={speech.back}>
        {t.play.back}
      </Button>
    </div>
  );
}
