import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Audit, isBackground, type SessionUse, type SignedIn, sessionToken } from '../accounts/index.ts';
import { AppError } from '../errors.ts';
import { pathOf } from './path-of.ts';
import type { Actor, AnyRoute, Audited } from './route.ts';
import { requireSameSite } from './same-site.ts';

/** What the HTTP side needs of the accounts. */
export interface SessionReader {
  /** Whose session this is, as far as memory knows: costs nothing, and decides by whose measure a call is counted. Lets nobody in. */
  holderOf(token: string | undefined): string | undefined;
  /** A name for a device from which somebody has logged in before, for the same purpose. */
  knownDevice(deviceToken: string | undefined): string | undefined;
  authenticate(token: string | undefined, call?: SessionUse): Promise<SignedIn | undefined>;
}

/** What the HTTP side needs of the audit trail. */
export interface HttpAudit extends Audit {
  requireAvailable(): Promise<void>;
}

export interface AccessDeps {
  accounts: SessionReader;
  /** Somebody was let in. */
  onSignedIn?(request: FastifyRequest, reply: FastifyReply, signedIn: SignedIn): void;
  audit: HttpAudit;
  /** Origins besides the server's own that may call, for a development server of the console. */
  allowedOrigins: readonly string[];
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the access check on every route that isn't public. */
    signedIn: SignedIn | null;
  }
}

/** On public routes nobody has been asked who they are. */
export const NOBODY: Actor = { userId: '', username: '', displayName: '', role: 'viewer' };

export const changesSomething = (route: Pick<AnyRoute, 'method'>): boolean => route.method !== 'GET';

/**
 * The one gate: runs before a route's body is even read.
 * @throws AppError 401 (nobody), 403 (not this role, another site, password change due)
 */
export async function requireAccess(route: AnyRoute, request: FastifyRequest, deps: AccessDeps): Promise<void> {
  if (changesSomething(route)) requireSameSite(request.headers, deps.allowedOrigins);
  if (route.roles !== 'public') {
    const signedIn = await deps.accounts.authenticate(sessionToken(request.headers), { background: isBackground(request.headers) });
    if (!signedIn) throw notSignedIn();
    if (!route.roles.includes(signedIn.actor.role)) {
      await recordRefusal(route, request, signedIn.actor, deps.audit);
      throw notAllowed();
    }
    if (signedIn.mustChangePassword && !route.beforePasswordChange) throw passwordChangeDue();
    request.signedIn = signedIn;
  }
}

/** How this call is to be recorded; undefined when it changes nothing. */
export function auditedHow(route: AnyRoute, { params, query, body }: FastifyRequest): Audited | undefined {
  if (!changesSomething(route)) return undefined;
  return typeof route.audited === 'function' ? route.audited({ params, query, body }) : route.audited;
}

async function recordRefusal(route: AnyRoute, request: FastifyRequest, actor: Actor, audit: Audit): Promise<void> {
  const target = pathOf(request);
  const detail = { method: route.method, role: actor.role, status: 403 };
  const entry = { actorId: actor.userId, actorName: actor.username, action: 'access.refused', target, ip: request.ip, detail };
  await audit.record(entry, { whenPossible: true });
}

export function notSignedIn(): AppError {
  return new AppError({
    code: 'http.not_signed_in',
    status: 401,
    words: {
      vi: 'Chưa đăng nhập, hoặc phiên đăng nhập đã kết thúc. Hãy đăng nhập.',
      en: 'Not logged in, or the session has ended. Log in.',
    },
  });
}

function notAllowed(): AppError {
  return new AppError({
    code: 'http.not_allowed',
    status: 403,
    words: {
      vi: 'Tài khoản của anh/chị không có quyền làm việc này. Hãy nhờ người có quyền hoặc quản trị viên.',
      en: 'Your account may not do this. Ask somebody who may, or the administrator.',
    },
  });
}

function passwordChangeDue(): AppError {
  return new AppError({
    code: 'accounts.must_change_password',
    status: 403,
    words: { vi: 'Hãy đổi mật khẩu trước khi tiếp tục.', en: 'Change your password before you go on.' },
  });
}
