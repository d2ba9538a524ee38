import { IconArrowLeft, IconMicrophone } from '@tabler/icons-react';
import { useCommandsAvailable } from '../../app/console-context.ts';
import { Button } from '../../design/button.tsx';
import { ErrorSummary, useProblemWords } from '../../design/feedback.tsx';
import { HoldButton } from '../../design/hold-button.tsx';
import { useMessages } from '../../i18n/messages.ts';
import { SPEAK_WORDS } from '../../i18n/speak-words.ts';
import { SpeakFlow } from '../speak/speak-flow.tsx';
import { useLiveSpeech } from '../speak/use-live-speech.ts';

/** Speaking an emergency: the whole commune, the same steps as any live announcement, and the start is held for three seconds. */
export function SpeakEmergency({ onBack }: { onBack: () => void }) {
  const t = useMessages(SPEAK_WORDS);
  const words = useProblemWords();
  const available = useCommandsAvailable();
  const speech = useLiveSpeech();
  const problems = [
    ...(speech.problem === undefined ? [] : [{ text: words(speech.problem) }]),
    ...(speech.trouble ? [{ text: t.speak.trouble[speech.trouble] }] : []),
  ];
  return (
    <SpeakFlow
      speech={speech}
      emergency
      renderStart={({ busy, unavailable }) =>
        busy ? (
          <p role="status">{t.speak.starting}</p>
        ) : (
          <HoldButton label={t.emergency.holdToSpeak} unavailable={unavailable} onFire={() => void speech.start()} />
        )
      }
      places={
        <div className="page narrow stack-wide">
          <h1>{t.emergency.speak}</h1>
          <ErrorSummary problems={problems} />
          <p>{t.emergency.speakLead}</p>
          <Button
            kind="primary"
            size="large"
            wide
            icon={<IconMicrophone aria-hidden="true" />}
            unavailable={available ? undefined : t.link.noCommands}
            onClick={() => void speech.test({ title: t.emergency.speakTitle, class: 'emergency', targets: { everything: true } })}
          >
            {t.speak.tryMicrophone}
          </Button>
          <Button size="large" wide icon={<IconArrowLeft aria-hidden="true" />} onClick={onBack}>
            {t.play.back}
          </Button>
        </div>
      }
    />
  );
}
