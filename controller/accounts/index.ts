export { type Accounts, createAccounts } from './accounts.ts';
export { type Audit, type AuditEntry, type Author, entryBy, recordDone } from './audit.ts';
export { type AuditTrail, createAuditTrail } from './audit-trail.ts';
export { type FirstLogIn, firstLogInFile } from './first-administrator.ts';
export type { AccountPolicy } from './policy.ts';
export { accountsRoutes } from './routes.ts';
export { deviceToken, isBackground, SESSION_COOKIE, sessionToken } from './session-cookie.ts';
export type { SessionEndReason, SessionUse, SignedIn } from './sessions.ts';
export { askToUnlock, type UnlockOutcome, UnlockRequests } from './unlock-requests.ts';
