import { lazy, Suspense, useEffect, useState } from 'react';
import type { BroadcastSummary } from '../../../controller/protocol/broadcasts.ts';
import type { Bulletin } from '../../../controller/protocol/programmes.ts';
import { useConsole, useLive } from '../../app/console-context.ts';
import { onAir } from '../../live/live-state.ts';
import { ArmView } from './arm-view.tsx';
import { FireView } from './fire-view.tsx';
import { RunningView } from './running-view.tsx';

const SpeakEmergency = lazy(async () => ({ default: (await import('./speak-emergency.tsx')).SpeakEmergency }));

/** An armed emergency that nobody fired is put back after this long. */
export const ARM_EXPIRES_MS = 60_000;

type Step = { view: 'arm'; expired?: boolean } | { view: 'fire'; bulletin: Bulletin; armedAtMs: number } | { view: 'speak' };

/** Arm, say, hold, watch. A running emergency takes the page, whoever started it. */
export function EmergencyPage() {
  const live = useLive();
  const { feed } = useConsole();
  const [step, setStep] = useState<Step>({ view: 'arm' });
  const running = onAir(live).find((broadcast) => broadcast.class === 'emergency');
  const [seen, setSeen] = useState<BroadcastSummary>();
  const over = !running && seen ? live.broadcasts.get(seen.broadcastId) : undefined;

  // Once something runs, nothing stays armed behind it: after the stop a person begins anew.
  useEffect(() => {
    if (!running) return;
    setSeen(running);
    setStep((current) => (current.view === 'speak' ? current : { view: 'arm' }));
  }, [running]);

  // One's own live emergency keeps its microphone view; the stop is there and in the tally.
  if (step.view === 'speak') {
    return (
      <Suspense>
        <SpeakEmergency onBack={() => setStep({ view: 'arm' })} />
      </Suspense>
    );
  }
  if (running) return <RunningView broadcast={running} />;
  if (step.view === 'fire') {
    return (
      <FireView
        bulletin={step.bulletin}
        armedAtMs={step.armedAtMs}
        onBack={() => setStep({ view: 'arm' })}
        onExpired={() => setStep({ view: 'arm', expired: true })}
      />
    );
  }
  return (
    <ArmView
      expired={step.expired === true}
      over={over}
      onArm={(bulletin) => setStep({ view: 'fire', bulletin, armedAtMs: feed.controllerNowMs() })}
      onSpeak={() => setStep({ view: 'speak' })}
    />
  );
}
