import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { type AnyRoute, route } from '../http/route.ts';
import {
  auditPage,
  auditQuery,
  auditVerification,
  changePasswordRequest,
  createUserRequest,
  logInRequest,
  openSession,
  sessionInfo,
  type UserAccount,
  updateOwnAccountRequest,
  updateUserRequest,
  userAccount,
  userWithPassword,
} from '../protocol/accounts.ts';
import { uuid } from '../protocol/ids.ts';
import { EVERYONE_SIGNED_IN, type Role } from '../protocol/roles.ts';
import type { Accounts } from './accounts.ts';
import type { AuditTrail } from './audit-trail.ts';
import { deviceToken, giveDeviceCookie, giveSessionCookie, isBackground, sessionToken, takeSessionCookie } from './session-cookie.ts';
import type { SignedIn } from './sessions.ts';

const ADMINISTRATOR: readonly Role[] = ['administrator'];
const nothing = z.void();
const userParams = z.object({ userId: uuid });
const LOG_INS_PER_MINUTE = 10;

export interface AccountsSlice {
  accounts: Accounts;
  auditTrail: Pick<AuditTrail, 'find' | 'verify'>;
}

export function accountsRoutes(slice: AccountsSlice): AnyRoute[] {
  return [...sessionRoutes(slice.accounts), ...userRoutes(slice.accounts), ...auditRoutes(slice.auditTrail)];
}

function sessionRoutes(accounts: Accounts): AnyRoute[] {
  /** Roles were checked already; the session is looked up again for what the actor doesn't carry. */
  async function signedInOf(request: FastifyRequest): Promise<SignedIn> {
    const signedIn = await accounts.authenticate(sessionToken(request.headers), { background: isBackground(request.headers) });
    if (signedIn) return signedIn;
    throw new AppError({
      code: 'http.not_signed_in',
      status: 401,
      words: { vi: 'Phiên đăng nhập đã kết thúc. Hãy đăng nhập lại.', en: 'The session has ended. Log in again.' },
    });
  }
  const own = { roles: EVERYONE_SIGNED_IN, tag: 'accounts' };
  return [
    route({
      method: 'POST',
      path: '/api/session',
      roles: 'public',
      tag: 'accounts',
      summary: 'Log in; the session is a cookie',
      body: logInRequest,
      response: sessionInfo,
      rateLimitPerMinute: LOG_INS_PER_MINUTE,
      bodyLimitBytes: 4096,
      audited: 'by-handler',
      async handler({ body, ip, request, reply }) {
        const device = deviceToken(request.headers);
        const logIn = await accounts.logIn({ ...body, ip, userAgent: request.headers['user-agent'], deviceToken: device });
        const before = await accounts.authenticate(sessionToken(request.headers));
        if (before) await accounts.logOut(before.tokenHash);
        giveSessionCookie(reply, logIn.token, logIn.info.expiresAtMs - logIn.startedAtMs);
        giveDeviceCookie(reply, logIn.deviceToken);
        return logIn.info;
      },
    }),
    route({
      ...own,
      method: 'GET',
      path: '/api/session',
      summary: 'Who is logged in, and what they may do',
      response: sessionInfo,
      beforePasswordChange: true,
      handler: async ({ request }) => accounts.describe(await signedInOf(request)),
    }),
    route({
      ...own,
      method: 'DELETE',
      path: '/api/session',
      summary: 'Log out',
      response: nothing,
      status: 204,
      audit: 'session.closed',
      audited: 'when-possible',
      beforePasswordChange: true,
      async handler({ request, reply }) {
        await accounts.logOut((await signedInOf(request)).tokenHash);
        takeSessionCookie(reply);
      },
    }),
    route({
      ...own,
      method: 'GET',
      path: '/api/account/sessions',
      summary: 'Where one is logged in',
      response: z.array(openSession),
      handler: async ({ request }) => accounts.listSessions(await signedInOf(request)),
    }),
    route({
      ...own,
      method: 'DELETE',
      path: '/api/account/sessions/:sessionId',
      summary: 'End one of one’s own sessions',
      params: z.object({ sessionId: z.string().regex(/^[0-9a-f]{24}$/) }),
      response: nothing,
      status: 204,
      audit: 'session.revoked',
      handler: ({ actor, params }) => accounts.revokeSession(actor.userId, params.sessionId),
    }),
    route({
      ...own,
      method: 'DELETE',
      path: '/api/account/sessions',
      summary: 'Log out everywhere',
      response: nothing,
      status: 204,
      audit: 'session.revoked_all',
      async handler({ actor, reply }) {
        await accounts.logOutEverywhere(actor.userId);
        takeSessionCookie(reply);
      },
    }),
    route({
      ...own,
      method: 'PATCH',
      path: '/api/account',
      summary: 'One’s own name and language',
      body: updateOwnAccountRequest,
      response: userAccount,
      audit: 'account.updated',
      auditDetail: ({ body, result }) => ({ ...whoIs(result), changed: body }),
      handler: ({ actor, body }) => accounts.updateUser(actor.userId, body),
    }),
    route({
      ...own,
      method: 'POST',
      path: '/api/account/password',
      summary: 'Change one’s own password; all other sessions end',
      body: changePasswordRequest,
      response: nothing,
      status: 204,
      rateLimitPerMinute: LOG_INS_PER_MINUTE,
      bodyLimitBytes: 4096,
      audit: 'account.password_changed',
      beforePasswordChange: true,
      async handler({ request, body, reply }) {
        giveDeviceCookie(reply, await accounts.changePassword(await signedInOf(request), body, deviceToken(request.headers)));
      },
    }),
  ];
}

function userRoutes(accounts: Accounts): AnyRoute[] {
  const administration = { roles: ADMINISTRATOR, tag: 'accounts' };
  return [
    route({
      ...administration,
      method: 'GET',
      path: '/api/users',
      summary: 'All accounts',
      response: z.array(userAccount),
      handler: () => accounts.listUsers(),
    }),
    route({
      ...administration,
      method: 'POST',
      path: '/api/users',
      summary: 'Make an account; its temporary password is in the answer, once',
      body: createUserRequest,
      response: userWithPassword,
      status: 201,
      audit: 'user.created',
      auditTarget: ({ body }) => body.username,
      auditDetail: ({ result }) => whoIs(result.user),
      handler: ({ body }) => accounts.createUser(body),
    }),
    route({
      ...administration,
      method: 'PATCH',
      path: '/api/users/:userId',
      summary: 'Change an account: name, role, language, disabled, unlock',
      params: userParams,
      body: updateUserRequest,
      response: userAccount,
      audit: 'user.updated',
      auditDetail: ({ body, result }) => ({ ...whoIs(result), changed: body }),
      handler: ({ params, body }) => accounts.updateUser(params.userId, body),
    }),
    route({
      ...administration,
      method: 'POST',
      path: '/api/users/:userId/password',
      summary: 'Give a temporary password; all sessions of the account end',
      params: userParams,
      response: userWithPassword,
      audit: 'user.password_reset',
      auditDetail: ({ result }) => whoIs(result.user),
      handler: ({ params }) => accounts.resetPassword(params.userId),
    }),
    route({
      ...administration,
      method: 'DELETE',
      path: '/api/users/:userId/sessions',
      summary: 'Log an account out everywhere',
      params: userParams,
      response: nothing,
      status: 204,
      audit: 'user.logged_out',
      auditDetail: ({ result }) => whoIs(result as unknown as UserAccount),
      async handler({ params }) {
        const user = await accounts.user(params.userId);
        await accounts.logOutEverywhere(params.userId);
        return user;
      },
    }),
    route({
      ...administration,
      method: 'DELETE',
      path: '/api/users/:userId',
      summary: 'Remove an account; its lines in the audit trail remain',
      params: userParams,
      response: nothing,
      status: 204,
      audit: 'user.removed',
      auditDetail: ({ result }) => whoIs(result as unknown as UserAccount),
      handler: ({ params }) => accounts.removeUser(params.userId),
    }),
  ];
}

/** What the audit trail says of a person; never the temporary password that may come with it. */
function whoIs({ userId, username, displayName, role }: UserAccount): Record<string, unknown> {
  return { userId, username, displayName, role };
}

function auditRoutes(auditTrail: AccountsSlice['auditTrail']): AnyRoute[] {
  const reading = { roles: ADMINISTRATOR, tag: 'audit', method: 'GET' as const };
  return [
    route({
      ...reading,
      path: '/api/audit',
      summary: 'The audit trail, newest first, in pages',
      query: auditQuery,
      response: auditPage,
      handler: ({ query }) => auditTrail.find(query),
    }),
    route({
      ...reading,
      path: '/api/audit/verify',
      summary: 'Walk the trail’s hash chain and name the first broken entry',
      response: auditVerification,
      rateLimitPerMinute: 6,
      handler: () => auditTrail.verify(),
    }),
  ];
}
