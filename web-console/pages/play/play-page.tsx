import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import type { BroadcastPreview } from '../../../controller/protocol/broadcasts.ts';
import type { Bulletin } from '../../../controller/protocol/programmes.ts';
import { previewBroadcast, type StartRequest } from '../../api/broadcasts.ts';
import { useBulletin } from '../../api/bulletins.ts';
import { useCommandsAvailable, useConsole } from '../../app/console-context.ts';
import { BulletinPicker } from '../../choose/bulletin-picker.tsx';
import { EVERYTHING, type PlaceChoice, targetsOf } from '../../choose/place-choice.ts';
import { PlacePicker } from '../../choose/place-picker.tsx';
import { Step } from '../../choose/step.tsx';
import { Button } from '../../design/button.tsx';
import { ErrorSummary, useProblemWords } from '../../design/feedback.tsx';
import { Field } from '../../design/field.tsx';
import { nextInstantOf } from '../../formats/time.ts';
import { useMessages } from '../../i18n/messages.ts';
import { PLAY_WORDS } from '../../i18n/play-words.ts';
import { ConfirmPlay } from './confirm-play.tsx';

const route = getRouteApi('/play');

/** Choose what, where and when; nothing is sent before the sentence on the next view was read. */
export function PlayPage() {
  const t = useMessages(PLAY_WORDS);
  const words = useProblemWords();
  const { feed } = useConsole();
  const available = useCommandsAvailable();
  const wanted = route.useSearch().bulletin;
  const asked = useBulletin(wanted).data;
  const [chosen, setChosen] = useState<Bulletin>();
  const [where, setWhere] = useState<PlaceChoice>(EVERYTHING);
  const [atTime, setAtTime] = useState<string | null>(null);
  const [chime, setChime] = useState(true);
  const [busy, setBusy] = useState(false);
  const [problems, setProblems] = useState<{ text: string; fieldId?: string }[]>([]);
  const [confirming, setConfirming] = useState<{ request: StartRequest; preview: BroadcastPreview }>();
  const bulletin = chosen ?? (asked?.status === 'ready' && asked.class !== 'emergency' ? asked : undefined);

  const review = async (): Promise<void> => {
    const targets = targetsOf(where);
    const startsAtMs = atTime === null ? undefined : nextInstantOf(atTime, feed.controllerNowMs());
    const found = [
      ...(bulletin ? [] : [{ text: t.playForm.noBulletin, fieldId: 'bulletins' }]),
      ...(targets ? [] : [{ text: t.play.noPlaces, fieldId: 'places' }]),
      ...(atTime !== null && startsAtMs === undefined ? [{ text: t.playForm.badTime, fieldId: 'at-time' }] : []),
    ];
    setProblems(found);
    if (!bulletin || !targets || found.length > 0) return;
    const request: StartRequest = {
      broadcastId: crypto.randomUUID(),
      title: bulletin.title,
      class: bulletin.class,
      content: { kind: 'bulletin', bulletinId: bulletin.bulletinId },
      targets,
      chime,
      ...(startsAtMs === undefined ? {} : { startsAtMs }),
    };
    setBusy(true);
    try {
      setConfirming({ request, preview: await previewBroadcast(request) });
    } catch (problem) {
      setProblems([{ text: words(problem) }]);
    } finally {
      setBusy(false);
    }
  };

  if (confirming) return <ConfirmPlay {...confirming} onBack={() => setConfirming(undefined)} />;
  return (
    <div className="page narrow stack-wide">
      <h1>{t.playForm.title}</h1>
      <ErrorSummary problems={problems} />
      <Step number={1} title={t.play.what}>
        <BulletinPicker chosen={bulletin} onChoose={setChosen} />
      </Step>
      <Step number={2} title={t.play.where}>
        <PlacePicker choice={where} onChange={setWhere} />
      </Step>
      <Step number={3} title={t.playForm.when}>
        <fieldset className="stack">
          <legend className="visually-hidden">{t.playForm.when}</legend>
          <div className="row">
            <label className="choice">
              <input type="radio" name="when" checked={atTime === null} onChange={() => setAtTime(null)} />
              {t.playForm.now}
            </label>
            <label className="choice">
              <input type="radio" name="when" checked={atTime !== null} onChange={() => setAtTime('')} />
              {t.playForm.later}
            </label>
          </div>
          {atTime !== null && (
            <Field
              id="at-time"
              label={t.playForm.timeLabel}
              hint={t.playForm.timeHint}
              value={atTime}
              inputMode="numeric"
              placeholder="17:00"
              maxLength={5}
              onChange={(event) => setAtTime(event.target.value)}
            />
          )}
          <label className="choice">
            <input type="checkbox" checked={chime} onChange={(event) => setChime(event.target.checked)} />
            {t.playForm.chime}
          </label>
        </fieldset>
      </Step>
      <Button
        kind="primary"
        size="large"
        wide
        busy={busy}
        unavailable={available ? undefined : t.link.noCommands}
        onClick={() => void review()}
      >
        {t.playForm.review}
      </Button>
      <p className="soft">{t.playForm.nothingYet}</p>
    </div>
  );
}
