import { IconHelpCircle } from '@tabler/icons-react';
import { ButtonLink } from '../design/button.tsx';
import { EmptyState } from '../design/feedback.tsx';
import { useMessages } from '../i18n/messages.ts';

export function NotFound() {
  const t = useMessages();
  return (
    <div className="page">
      <EmptyState icon={<IconHelpCircle size="3rem" aria-hidden="true" />} text={t.error.noSuchPage}>
        <ButtonLink to="/">{t.nav.onAir}</ButtonLink>
      </EmptyState>
    </div>
  );
}

/** A page that failed to load or to draw. The tally and the way to stop stay above it. */
export function RouteProblem() {
  const t = useMessages();
  return (
    <div className="page stack" role="alert">
      <p>{t.error.pageFailed}</p>
      <div>
        <button type="button" className="button" onClick={() => location.reload()}>
          {t.error.reload}
        </button>
      </div>
    </div>
  );
}
