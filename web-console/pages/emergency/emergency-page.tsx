import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import type { BroadcastSummary } from '../../../controller/protocol/broadcasts.ts';
import type { Bulletin } from '../../../controller/protocol/programmes.ts';
import { useConsole, useLive } from '../../app/console-context.ts';
import { LeaveQuestion } from '../../design/leave-question.tsx';
import { useMessages } from '../../i18n/messages.ts';
import { onAir } from '../../live/live-state.ts';
import { ArmView } from './arm-view.tsx';
import { FalseAlarmNote } from './false-alarm-note.tsx';
import { RunningView } from './running-view.tsx';
import { useFalseAlarm } from './use-false-alarm.ts';

const SpeakEmergency = lazy(async () => ({ default: (await import('./speak-emergency.tsx')).SpeakEmergency }));

const loadFireView = () => import('./fire-view.tsx');
const FireView = lazy(async () => ({ default: (await loadFireView()).FireView }));

type Step =
  | { view: 'arm'; expired?: boolean }
  | { view: 'fire'; bulletin: Bulletin; armedAtMs: number; broadcastId: string; sentId?: string }
  | { view: 'speak' };

/** Arm, say, hold, watch. A running emergency takes the page, whoever started it; what one has just sent oneself is read first. */
export function EmergencyPage() {
  const t = useMessages();
  const live = useLive();
  const { feed } = useConsole();
  const [step, setStep] = useState<Step>({ view: 'arm' });
  const falseAlarm = useFalseAlarm();
  const sentId = step.view === 'fire' ? step.sentId : undefined;
  const emergencies = onAir(live).filter((broadcast) => broadcast.class === 'emergency');
  // Another one, begun in the same moment, must not hide what became of one's own; it is in the tally.
  const running = sentId ? emergencies.find((broadcast) => broadcast.broadcastId === sentId) : emergencies[0];
  const [seen, setSeen] = useState<BroadcastSummary>();
  // After a correction or an all-clear there is nothing left that could be over.
  const over = !running && seen && (seen.emergencyKind ?? 'warning') === 'warning' ? live.broadcasts.get(seen.broadcastId) : undefined;

  // Fetched while a message is chosen: nothing may be missing once it is.
  useEffect(() => void loadFireView().catch(() => undefined), []);

  // Once something runs, nothing stays armed behind it: after the stop a person begins anew.
  useEffect(() => {
    if (!running) return;
    setSeen(running);
    setStep((current) => (current.view === 'speak' ? current : { view: 'arm' }));
  }, [running]);

  const arm = (bulletin: Bulletin): void => {
    falseAlarm.dismiss();
    setStep({ view: 'fire', bulletin, armedAtMs: feed.controllerNowMs(), broadcastId: crypto.randomUUID() });
  };
  const speak = (): void => {
    falseAlarm.dismiss();
    setStep({ view: 'speak' });
  };
  const view = (): ReactNode => {
    // One's own live emergency keeps its microphone view; the stop is there and in the tally, and so is anybody else's emergency.
    if (step.view === 'speak') {
      return (
        <Suspense>
          <SpeakEmergency onBack={() => setStep({ view: 'arm' })} />
        </Suspense>
      );
    }
    if (running) return <RunningView key={running.broadcastId} broadcast={running} falseAlarm={falseAlarm} />;
    if (step.view === 'fire') {
      return (
        <Suspense>
          <FireView
            key={step.broadcastId}
            {...step}
            // The answer can come after the emergency itself, which has taken the page and left nothing armed.
            onSend={(sentId) => setStep((current) => (current.view === 'fire' ? { ...current, sentId } : current))}
            onBack={() => setStep({ view: 'arm' })}
            onExpired={() => setStep({ view: 'arm', expired: true })}
          />
        </Suspense>
      );
    }
    return <ArmView expired={step.expired === true} over={over} onArm={arm} onSpeak={speak} />;
  };
  return (
    <>
      <LeaveQuestion when={falseAlarm.underWay} words={t.emergency.leave} />
      <FalseAlarmNote taking={falseAlarm} onSpeak={speak} />
      {view()}
    </>
  );
}
