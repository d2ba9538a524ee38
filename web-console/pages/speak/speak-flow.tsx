import { lazy, type ReactNode, Suspense, useEffect } from 'react';
import { ButtonLink } from '../../design/button.tsx';
import { Note } from '../../design/feedback.tsx';
import { clockTimeWithSeconds } from '../../formats/time.ts';
import { useMessages } from '../../i18n/messages.ts';
import { SPEAK_WORDS } from '../../i18n/speak-words.ts';
import type { StartState } from './testing-view.tsx';
import type { LiveSpeech } from './use-live-speech.ts';

const loadTestingView = () => import('./testing-view.tsx');
const TestingView = lazy(async () => ({ default: (await loadTestingView()).TestingView }));
const loadSpeakingView = () => import('./speaking-view.tsx');
const SpeakingView = lazy(async () => ({ default: (await loadSpeakingView()).SpeakingView }));

interface SpeakFlowProps {
  speech: LiveSpeech;
  emergency: boolean;
  places: ReactNode;
  renderStart: (state: StartState) => ReactNode;
}

/** The views of speaking, in their order; `places` is the caller's first view. */
export function SpeakFlow({ speech, emergency, places, renderStart }: SpeakFlowProps) {
  const t = useMessages(SPEAK_WORDS);
  // Fetched while the places are chosen: nothing may be missing once somebody is on air.
  useEffect(() => void Promise.all([loadTestingView(), loadSpeakingView()]).catch(() => undefined), []);
  switch (speech.step) {
    case 'places':
      return places;
    case 'testing':
    case 'starting':
    case 'unknown':
      return (
        <Suspense>
          <TestingView speech={speech} emergency={emergency} renderStart={renderStart} />
        </Suspense>
      );
    case 'speaking':
    case 'ending':
      return (
        <Suspense>
          <SpeakingView speech={speech} />
        </Suspense>
      );
    case 'over':
      return (
        <div className="page narrow stack-wide">
          <div role="status">
            <h1>{speech.end && t.speak.over[speech.end.why](clockTimeWithSeconds(speech.end.atMs))}</h1>
          </div>
          {speech.end && !speech.end.sure && (
            <Note tone="warn" role="alert">
              {t.speak.endUnknown}
            </Note>
          )}
          <p>{t.speak.micOff}</p>
          <ButtonLink to="/" kind="primary" size="large" wide>
            {t.play.watch}
          </ButtonLink>
        </div>
      );
  }
}
