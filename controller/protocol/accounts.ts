import { z } from 'zod';
import { uuid } from './ids.ts';
import { type Role, role } from './roles.ts';
import { USERNAME } from './username.ts';

/** Sent with every call that changes something: a page of another site can't add it without this server's consent (CORS), so it proves the caller is ours. */
export const CALLER_HEADER = 'x-loa-xa';
export const CALLER_HEADER_VALUE = '1';

/**
 * Sent with a call that no hand caused (a page that asks again by itself): it does not count as use, so a page that stands open doesn't keep
 * its session alive. It can only ever shorten a session: without it a call counts.
 */
export const BACKGROUND_HEADER = 'x-loa-xa-background';
export const BACKGROUND_HEADER_VALUE = '1';

/** Lower case, so that "Lan" and "lan" can't be two people. */
export const username = z
  .string()
  .trim()
  .toLowerCase()
  .regex(USERNAME, 'letters a-z, digits, dot, dash and underscore; 2 to 32 characters')
  .describe('Log-in name');
/** The rules (length, common words) are the server's; here only a bound on the work. */
export const password = z.string().min(1).max(256);
export const language = z.enum(['vi', 'en']);
export type Language = z.infer<typeof language>;

/** What a person may do, for showing and hiding; the server decides by role on every call all the same. */
export const PERMISSIONS = ['listen', 'announce', 'approve', 'maintain', 'administer'] as const;
export const permission = z.enum(PERMISSIONS);
export type Permission = z.infer<typeof permission>;

const PERMISSIONS_OF: Record<Role, readonly Permission[]> = {
  administrator: PERMISSIONS,
  approver: ['listen', 'announce', 'approve'],
  announcer: ['listen', 'announce'],
  technician: ['listen', 'maintain'],
  viewer: ['listen'],
};

export function permissionsOf(roleName: Role): Permission[] {
  return [...PERMISSIONS_OF[roleName]];
}

export const logInRequest = z.object({ username, password });
export type LogInRequest = z.infer<typeof logInRequest>;

export const userAccount = z.object({
  userId: uuid,
  username: z.string(),
  displayName: z.string(),
  role,
  language,
  mustChangePassword: z.boolean(),
  passwordChangedAtMs: z.number(),
  lockedUntilMs: z.number().nullable(),
  disabled: z.boolean(),
  createdAtMs: z.number(),
});
export type UserAccount = z.infer<typeof userAccount>;

/** Answer of log-in and of GET /api/session. */
export const sessionInfo = z.object({
  user: userAccount,
  permissions: z.array(permission),
  /** While true every call but these is refused with `accounts.must_change_password`: the session, the password change, log-out. */
  mustChangePassword: z.boolean(),
  /** The session ends then whatever happens (unless on air), epoch ms. */
  expiresAtMs: z.number(),
  /** The session ends after this long without a call that counts as use (unless on air). */
  idleTimeoutMs: z.number(),
});
export type SessionInfo = z.infer<typeof sessionInfo>;

export const openSession = z.object({
  sessionId: z.string(),
  current: z.boolean(),
  createdAtMs: z.number(),
  lastSeenAtMs: z.number(),
  expiresAtMs: z.number(),
  ip: z.string().nullable(),
  userAgent: z.string().nullable(),
});
export type OpenSession = z.infer<typeof openSession>;

export const changePasswordRequest = z.object({ currentPassword: password, newPassword: password });
export const updateOwnAccountRequest = z.object({
  displayName: z.string().trim().min(1).max(100).optional(),
  language: language.optional(),
});

export const createUserRequest = z.object({
  username,
  displayName: z.string().trim().min(1).max(100),
  role,
  language: language.default('vi'),
});
export type CreateUserRequest = z.infer<typeof createUserRequest>;

export const updateUserRequest = z.object({
  displayName: z.string().trim().min(1).max(100).optional(),
  role: role.optional(),
  language: language.optional(),
  disabled: z.boolean().optional(),
  /** Ends a lock-out before its time. */
  unlock: z.literal(true).optional(),
});
export type UpdateUserRequest = z.infer<typeof updateUserRequest>;

/** The password is shown this once; the person must change it at the first log-in. */
export const userWithPassword = z.object({ user: userAccount, temporaryPassword: z.string() });
export type UserWithPassword = z.infer<typeof userWithPassword>;

export const auditQuery = z.object({
  /** Entries before this id (from `nextBeforeId` of the page before). */
  beforeId: z.coerce.number().int().positive().optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  actorName: z.string().max(100).optional(),
  /** Begins with, for example `broadcast.`. */
  action: z.string().max(100).optional(),
  target: z.string().max(300).optional(),
  fromMs: z.coerce.number().min(0).max(4e12).optional(),
  toMs: z.coerce.number().min(0).max(4e12).optional(),
});
export type AuditQuery = z.infer<typeof auditQuery>;

export const auditEntry = z.object({
  id: z.int(),
  atMs: z.number(),
  actorId: uuid.nullable(),
  actorName: z.string(),
  action: z.string(),
  target: z.string(),
  ip: z.string().nullable(),
  detail: z.record(z.string(), z.unknown()),
  hash: z.string(),
});
export const auditPage = z.object({ entries: z.array(auditEntry), nextBeforeId: z.int().nullable() });
export type AuditPage = z.infer<typeof auditPage>;

const auditBreak = z.object({ id: z.int().nullable(), reason: z.enum(['altered', 'removed', 'truncated', 'unsealed', 'lost']) });
export const auditVerification = z.object({
  intact: z.boolean(),
  checkedEntries: z.int(),
  /**
   * The first entry that doesn't follow from the one before. `unsealed`: the trail is whole in itself, but not the one whose head was sealed
   * outside the database. `lost`: entries that were acknowledged never reached it.
   */
  firstBroken: auditBreak.nullable().describe('Of those that nobody has acknowledged'),
  /** Gaps that somebody knows of, and has said why the trail goes on: apart from these it is what `intact` says. */
  acknowledged: z.array(z.object({ atMs: z.number(), by: z.string(), why: z.string(), breaks: z.array(auditBreak) })),
  lostEntries: z.int(),
  /** Hash of the newest entry: written down elsewhere, it proves the trail up to here. */
  headHash: z.string(),
});
export type AuditVerification = z.infer<typeof auditVerification>;

/** The body of every refusal and failure of the API. */
export const errorBody = z.object({
  error: z.object({
    code: z.string().describe('Stable, machine-readable: `area.reason`'),
    vi: z.string(),
    en: z.string(),
    details: z.record(z.string(), z.unknown()).optional(),
    requestId: z.string().optional().describe('Stands beside the failure in the server’s log'),
  }),
});
export type ErrorBody = z.infer<typeof errorBody>;
