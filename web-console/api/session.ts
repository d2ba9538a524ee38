import type { LogInRequest, SessionInfo } from '../../controller/protocol/accounts.ts';
import { ApiProblem, call } from './client.ts';

const KEY = 'loa-xa.last-session';

/** Who was signed in last on this browser: enough to show the dated last state while the server can't be reached. No secret is in it. */
export function readKeptSession(storage: Storage): SessionInfo | undefined {
  try {
    return (JSON.parse(storage.getItem(KEY) ?? 'null') as SessionInfo | null) ?? undefined;
  } catch {
    return undefined;
  }
}

export function keepSession(storage: Storage, session: SessionInfo | null): void {
  if (session) storage.setItem(KEY, JSON.stringify(session));
  else storage.removeItem(KEY);
}

/** Who is signed in; null when nobody is. Without an answer from the server: who was signed in last, if anybody. */
export async function fetchSession(): Promise<SessionInfo | null> {
  try {
    const session = await call<SessionInfo>('GET', '/api/session');
    keepSession(localStorage, session);
    return session;
  } catch (problem) {
    if (!(problem instanceof ApiProblem)) throw problem;
    if (problem.status === 401) {
      keepSession(localStorage, null);
      return null;
    }
    const kept = problem.status === 0 ? readKeptSession(localStorage) : undefined;
    if (kept) return kept;
    throw problem;
  }
}

export const logIn = (request: LogInRequest): Promise<SessionInfo> => call('POST', '/api/session', request);
export const logOut = (): Promise<void> => call('DELETE', '/api/session');
export const changePassword = (currentPassword: string, newPassword: string): Promise<void> =>
  call('POST', '/api/account/password', { currentPassword, newPassword });
