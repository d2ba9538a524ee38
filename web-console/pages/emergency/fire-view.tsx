import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { BroadcastSummary } from '../../../controller/protocol/broadcasts.ts';
import type { Bulletin } from '../../../controller/protocol/programmes.ts';
import { fire, previewBroadcast, type StartRequest } from '../../api/broadcasts.ts';
import { audioUrl } from '../../api/bulletins.ts';
import { useCommandsAvailable, useConsole, useControllerNow } from '../../app/console-context.ts';
import { EVERYTHING, type PlaceChoice, targetsOf } from '../../choose/place-choice.ts';
import { PlacePicker } from '../../choose/place-picker.tsx';
import { Button } from '../../design/button.tsx';
import { ConfirmSentence } from '../../design/confirm-sentence.tsx';
import { ErrorSummary, LoadingSkeleton, LoadProblem, Note, useProblemWords } from '../../design/feedback.tsx';
import { HoldButton } from '../../design/hold-button.tsx';
import { LeaveQuestion } from '../../design/leave-question.tsx';
import { useMessages } from '../../i18n/messages.ts';
import { FiredNote } from './fired-note.tsx';
import { sayingOf } from './prepared.ts';

interface FireViewProps {
  bulletin: Bulletin;
  armedAtMs: number;
  /** One id per arming: it can sound once. */
  broadcastId: string;
  /** From here on something may sound, and what became of it must be read here. Said again when the server answers with one that runs already. */
  onSend: (broadcastId: string) => void;
  onBack: () => void;
  onExpired: () => void;
}

/** Armed, and not fired for this long, it is put back. */
const ARM_EXPIRES_MS = 60_000;

type Firing =
  | { step: 'armed' }
  | { step: 'sending' }
  | { step: 'unknown' }
  | { step: 'acknowledged'; broadcast: BroadcastSummary }
  | { step: 'refused'; problem: unknown };

/** The sentence, the message to listen to, and the button that must be held. */
export function FireView({ bulletin, armedAtMs, broadcastId, onSend, onBack, onExpired }: FireViewProps) {
  const t = useMessages();
  const words = useProblemWords();
  const { preferences } = useConsole();
  const available = useCommandsAvailable();
  const now = useControllerNow();
  const [where, setWhere] = useState<PlaceChoice>(EVERYTHING);
  const [firing, setFiring] = useState<Firing>({ step: 'armed' });
  const targets = targetsOf(where);
  const request: StartRequest | undefined = targets && {
    broadcastId,
    title: bulletin.title,
    class: 'emergency',
    ...sayingOf(bulletin),
    targets,
    onPreempted: 'resume',
  };
  const preview = useQuery({
    queryKey: ['emergency-preview', broadcastId, request?.targets],
    queryFn: () => (request ? previewBroadcast(request) : Promise.reject(new Error('no places'))),
    enabled: request !== undefined,
    staleTime: 0,
    // Places chosen once more get a new sentence, not the one of before.
    gcTime: 0,
  });
  const leftMs = armedAtMs + ARM_EXPIRES_MS - now;
  const waiting = firing.step === 'armed' || firing.step === 'refused';
  useEffect(() => {
    if (leftMs <= 0 && waiting) onExpired();
  }, [leftMs, waiting, onExpired]);

  const send = async (): Promise<void> => {
    if (!request) return;
    onSend(broadcastId);
    setFiring({ step: 'sending' });
    const fired = await fire(request, () => setFiring({ step: 'unknown' }));
    if (fired.outcome === 'acknowledged') onSend(fired.broadcast.broadcastId);
    setFiring(
      fired.outcome === 'refused' ? { step: 'refused', problem: fired.problem } : { step: 'acknowledged', broadcast: fired.broadcast },
    );
  };
  const unavailable = !available
    ? t.link.noCommands
    : !targets
      ? t.play.noPlaces
      : !preview.data
        ? t.emergency.waitForSentence
        : preview.data.refusal?.[preferences.language];

  if (firing.step === 'acknowledged') {
    return (
      <div className="page narrow stack-wide">
        <h1>{t.emergency.armedTitle(bulletin.title)}</h1>
        <FiredNote fired={firing.broadcast} onBack={onBack} />
      </div>
    );
  }
  return (
    <div className="page narrow stack-wide">
      <h1>{t.emergency.armedTitle(bulletin.title)}</h1>
      {firing.step === 'refused' && <ErrorSummary problems={[{ text: `${words(firing.problem)} ${t.play.nothingSounded}` }]} />}
      {firing.step === 'unknown' && (
        <Note tone="warn" role="alert">
          {t.play.unknownOutcome}
        </Note>
      )}
      {preview.isPending && request && <LoadingSkeleton rows={1} heightRem={8} awaited={t.loading.preview} />}
      {preview.isError && <LoadProblem problem={preview.error} retry={() => void preview.refetch()} />}
      {preview.data && <ConfirmSentence sentence={preview.data[preferences.language]} emergency />}
      {/* biome-ignore lint/a11y/useMediaCaption: the bulletin's text is its title and sentence above; there is no caption file */}
      <audio controls preload="none" src={audioUrl(bulletin.bulletinId)} aria-label={t.emergency.listenFirst} style={{ width: '100%' }} />
      <LeaveQuestion when={firing.step === 'sending' || firing.step === 'unknown'} words={t.emergency.leave} />
      {(firing.step === 'sending' || firing.step === 'unknown') && (
        <p role="status">
          <strong>{t.play.sending}</strong>
        </p>
      )}
      {waiting && (
        <div className="dock">
          <HoldButton
            key={firing.step}
            label={t.emergency.holdToFire}
            unavailable={unavailable}
            subject={JSON.stringify(targets)}
            onFire={() => void send()}
          />
        </div>
      )}
      {waiting && (
        <>
          <p className="soft figure">{t.emergency.expiresIn(Math.max(0, Math.ceil(leftMs / 1000)))}</p>
          <Button size="large" wide onClick={onBack}>
            {t.play.back}
          </Button>
          <details>
            <summary className="button" data-kind="back">
              {t.emergency.changePlaces}
            </summary>
            <PlacePicker choice={where} onChange={setWhere} />
          </details>
        </>
      )}
    </div>
  );
}
