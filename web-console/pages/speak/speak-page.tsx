import { IconMicrophone } from '@tabler/icons-react';
import { useState } from 'react';
import { useCommandsAvailable } from '../../app/console-context.ts';
import { EVERYTHING, type PlaceChoice, targetsOf } from '../../choose/place-choice.ts';
import { PlacePicker } from '../../choose/place-picker.tsx';
import { Button } from '../../design/button.tsx';
import { ErrorSummary, useProblemWords } from '../../design/feedback.tsx';
import { Field } from '../../design/field.tsx';
import { useMessages } from '../../i18n/messages.ts';
import { SPEAK_WORDS } from '../../i18n/speak-words.ts';
import { SpeakFlow } from './speak-flow.tsx';
import { useLiveSpeech } from './use-live-speech.ts';

export function SpeakPage() {
  const t = useMessages(SPEAK_WORDS);
  const words = useProblemWords();
  const available = useCommandsAvailable();
  const speech = useLiveSpeech();
  const [where, setWhere] = useState<PlaceChoice>(EVERYTHING);
  const [title, setTitle] = useState('');
  const [missing, setMissing] = useState<{ text: string; fieldId?: string }[]>([]);
  const problems = [
    ...missing,
    ...(speech.problem === undefined ? [] : [{ text: words(speech.problem) }]),
    ...(speech.trouble ? [{ text: t.speak.trouble[speech.trouble] }] : []),
  ];

  const next = (): void => {
    const targets = targetsOf(where);
    setMissing(targets ? [] : [{ text: t.play.noPlaces, fieldId: 'places' }]);
    if (targets) void speech.test({ title: title.trim() || t.speak.defaultTitle, class: 'live', targets });
  };

  return (
    <SpeakFlow
      speech={speech}
      emergency={false}
      renderStart={({ busy, unavailable }) => (
        <Button
          kind="primary"
          size="large"
          wide
          busy={busy}
          unavailable={unavailable}
          icon={<IconMicrophone aria-hidden="true" />}
          onClick={() => void speech.start()}
        >
          {busy ? t.speak.starting : t.speak.start}
        </Button>
      )}
      places={
        <div className="page narrow stack-wide">
          <h1>{t.speak.title}</h1>
          <ErrorSummary problems={problems} />
          <section className="stack" aria-labelledby="where-title">
            <h2 id="where-title">{t.play.where}</h2>
            <PlacePicker choice={where} onChange={setWhere} />
          </section>
          <Field
            label={t.speak.titleLabel}
            hint={t.speak.titleHint}
            value={title}
            maxLength={200}
            onChange={(event) => setTitle(event.target.value)}
          />
          <Button
            kind="primary"
            size="large"
            wide
            icon={<IconMicrophone aria-hidden="true" />}
            unavailable={available ? undefined : t.link.noCommands}
            onClick={next}
          >
            {t.speak.tryMicrophone}
          </Button>
          <p className="soft">{t.speak.nobodyHears}</p>
        </div>
      }
    />
  );
}
