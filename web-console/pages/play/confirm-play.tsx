import { IconArrowLeft, IconPlayerPlayFilled } from '@tabler/icons-react';
import { useState } from 'react';
import type { BroadcastPreview, BroadcastSummary } from '../../../controller/protocol/broadcasts.ts';
import { fire, type StartRequest } from '../../api/broadcasts.ts';
import type { ApiProblem } from '../../api/client.ts';
import { useCommandsAvailable, useConsole } from '../../app/console-context.ts';
import { Button, ButtonLink } from '../../design/button.tsx';
import { ConfirmSentence } from '../../design/confirm-sentence.tsx';
import { ErrorSummary, Note, useProblemWords } from '../../design/feedback.tsx';
import { clockTimeWithSeconds } from '../../formats/time.ts';
import { useMessages } from '../../i18n/messages.ts';
import { PLAY_WORDS } from '../../i18n/play-words.ts';

type Sending =
  | { step: 'asking' }
  | { step: 'sending' }
  | { step: 'unknown' }
  | { step: 'acknowledged'; broadcast: BroadcastSummary; atMs: number }
  | { step: 'refused'; problem: ApiProblem };

interface ConfirmPlayProps {
  request: StartRequest;
  preview: BroadcastPreview;
  onBack: () => void;
}

/** Reads the sentence back, sends once, and claims success only when the server has acknowledged it. */
export function ConfirmPlay({ request, preview, onBack }: ConfirmPlayProps) {
  const t = useMessages(PLAY_WORDS);
  const words = useProblemWords();
  const { feed, preferences } = useConsole();
  const available = useCommandsAvailable();
  const [sending, setSending] = useState<Sending>({ step: 'asking' });

  const send = async (): Promise<void> => {
    setSending({ step: 'sending' });
    const fired = await fire(request, () => setSending({ step: 'unknown' }));
    if (fired.outcome === 'refused') setSending({ step: 'refused', problem: fired.problem });
    else setSending({ step: 'acknowledged', broadcast: fired.broadcast, atMs: feed.controllerNowMs() });
  };

  if (sending.step === 'acknowledged') {
    return (
      <div className="page narrow stack-wide">
        <div role="status">
          <h1>{t.playForm.acknowledged(clockTimeWithSeconds(sending.atMs))}</h1>
        </div>
        <p>{t.playForm.whatNext}</p>
        <ButtonLink to="/" kind="primary" size="large" wide>
          {t.play.watch}
        </ButtonLink>
      </div>
    );
  }
  const busy = sending.step === 'sending' || sending.step === 'unknown';
  return (
    <div className="page narrow stack-wide">
      <h1>{t.playForm.confirmTitle}</h1>
      {sending.step === 'refused' && <ErrorSummary problems={[{ text: `${words(sending.problem)} ${t.play.nothingSounded}` }]} />}
      {sending.step === 'unknown' && (
        <Note tone="warn" role="alert">
          {t.play.unknownOutcome}
        </Note>
      )}
      <ConfirmSentence sentence={preview[preferences.language]} emergency={request.class === 'emergency'} />
      <div className="stack">
        <Button
          kind="primary"
          size="large"
          wide
          busy={busy}
          unavailable={preview.refusal?.[preferences.language] ?? (available || busy ? undefined : t.link.noCommands)}
          icon={<IconPlayerPlayFilled aria-hidden="true" />}
          onClick={() => void send()}
        >
          {busy ? t.play.sending : request.startsAtMs === undefined ? t.playForm.playNow : t.playForm.putOnPlan}
        </Button>
        <Button size="large" wide busy={busy} icon={<IconArrowLeft aria-hidden="true" />} onClick={onBack}>
          {t.play.back}
        </Button>
      </div>
    </div>
  );
}
