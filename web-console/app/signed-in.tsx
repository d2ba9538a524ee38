import { useQuery, useQueryClient } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState } from 'react';
import { onSessionEnded } from '../api/client.ts';
import { fetchSession, readKeptSession } from '../api/session.ts';
import { LoadingSkeleton, LoadProblem } from '../design/feedback.tsx';
import { useMessages } from '../i18n/messages.ts';
import { SessionContext, useConsole } from './console-context.ts';
import { createConsoleRouter } from './router.tsx';

const SignInPage = lazy(async () => ({ default: (await import('../pages/sign-in/sign-in-page.tsx')).SignInPage }));
const NewPasswordPage = lazy(async () => ({ default: (await import('../pages/sign-in/new-password-page.tsx')).NewPasswordPage }));

export const SESSION_KEY = ['session'];

/** Asks who is signed in, and shows the console, the sign-in page or the forced change of password. */
export function SignedIn() {
  const t = useMessages();
  const { feed } = useConsole();
  const queries = useQueryClient();
  const [router] = useState(createConsoleRouter);
  const session = useQuery({
    queryKey: SESSION_KEY,
    queryFn: fetchSession,
    placeholderData: () => readKeptSession(localStorage),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  const ready = Boolean(session.data && !session.data.mustChangePassword);

  useEffect(() => onSessionEnded(() => queries.setQueryData(SESSION_KEY, null)), [queries]);
  // The feed only knows that it was refused. A session that is still good (another page signed in anew) goes on; without an answer nothing is known.
  useEffect(
    () =>
      feed.onDoubt(
        () =>
          void fetchSession().then(
            (found) => found === null && queries.setQueryData(SESSION_KEY, null),
            () => undefined,
          ),
      ),
    [feed, queries],
  );
  useEffect(() => {
    if (!ready) return;
    feed.start();
    return () => feed.close();
  }, [ready, feed]);

  if (session.isPending)
    return (
      <div className="page narrow">
        <LoadingSkeleton rows={3} awaited={t.loading.session} />
      </div>
    );
  if (session.isError) {
    return (
      <div className="page narrow">
        <LoadProblem problem={session.error} retry={() => void session.refetch()} />
      </div>
    );
  }
  if (!session.data) {
    return (
      <Suspense>
        <SignInPage />
      </Suspense>
    );
  }
  if (session.data.mustChangePassword) {
    return (
      <Suspense>
        <NewPasswordPage />
      </Suspense>
    );
  }
  return (
    <SessionContext value={session.data}>
      <RouterProvider router={router} />
    </SessionContext>
  );
}
