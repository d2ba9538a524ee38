import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { AuditPage, CreateUserRequest, UpdateUserRequest, UserAccount } from '../../controller/protocol/accounts.ts';
import type { FakeApi } from './fake-api.ts';

const TEMPORARY_PASSWORD = 'sen-trang-buoi-sang-7';
const AUDIT_ENTRIES = 120;
const AUDIT_PAGE = 50;

export function fakeUsers(nowMs: number): UserAccount[] {
  const user = (change: Partial<UserAccount> & Pick<UserAccount, 'username' | 'displayName' | 'role'>): UserAccount => ({
    userId: randomUUID(),
    language: 'vi',
    mustChangePassword: false,
    passwordChangedAtMs: nowMs - 30 * 86_400_000,
    lockedUntilMs: null,
    disabled: false,
    createdAtMs: nowMs - 90 * 86_400_000,
    ...change,
  });
  return [
    user({ username: 'hanh', displayName: 'Nguyễn Thị Hạnh', role: 'administrator', userId: '7b1f0a52-7b0e-4c1c-9a38-4a3f2f1d9f01' }),
    user({ username: 'lan.tran', displayName: 'Trần Thị Lan', role: 'announcer', lockedUntilMs: nowMs + 600_000 }),
    user({ username: 'duc', displayName: 'Lê Minh Đức', role: 'technician', mustChangePassword: true }),
    user({ username: 'binh', displayName: 'Phạm Văn Bình', role: 'viewer', disabled: true }),
  ];
}

export function fakeAccountRoutes(app: FastifyInstance, api: FakeApi): void {
  const { users } = api;
  type OfUser = { Params: { userId: string } };
  const find = (userId: string): UserAccount => {
    const user = users.find((candidate) => candidate.userId === userId);
    if (!user) throw new Error(`no user ${userId}`);
    return user;
  };
  app.get('/api/users', () => users);
  app.post<{ Body: CreateUserRequest }>('/api/users', (request, reply) => {
    if (users.some((user) => user.username === request.body.username)) {
      const words = { vi: `Tên đăng nhập "${request.body.username}" đã có người dùng.`, en: 'Taken.' };
      return reply.code(409).send({ error: { code: 'accounts.username_taken', ...words } });
    }
    const [like] = users;
    const user = { ...(like as UserAccount), ...request.body, userId: randomUUID(), mustChangePassword: true };
    users.push(user);
    return reply.code(201).send({ user, temporaryPassword: TEMPORARY_PASSWORD });
  });
  app.patch<OfUser & { Body: UpdateUserRequest }>('/api/users/:userId', (request) => {
    const { unlock, ...changes } = request.body;
    return Object.assign(find(request.params.userId), changes, unlock ? { lockedUntilMs: null } : {});
  });
  app.post<OfUser>('/api/users/:userId/password', (request) => ({
    user: Object.assign(find(request.params.userId), { mustChangePassword: true }),
    temporaryPassword: TEMPORARY_PASSWORD,
  }));
  app.delete<OfUser>('/api/users/:userId/sessions', (_request, reply) => reply.code(204).send());
  app.delete<OfUser>('/api/users/:userId', (request, reply) => {
    users.splice(users.indexOf(find(request.params.userId)), 1);
    return reply.code(204).send();
  });

  app.get<{ Querystring: Record<string, string> }>('/api/audit', (request): AuditPage => {
    const { beforeId, actorName, action } = request.query;
    const kinds = ['session.opened', 'broadcast.requested', 'bulletin.write', 'cluster.changed', 'hamlet.renamed_in_future'];
    const all = Array.from({ length: AUDIT_ENTRIES }, (_, index) => ({
      id: AUDIT_ENTRIES - index,
      atMs: api.nowMs() - index * 900_000,
      actorId: null,
      actorName: index % 3 === 0 ? 'hanh' : 'lan.tran',
      action: kinds[index % kinds.length] as string,
      target: index % 2 === 0 ? 'ap-03-c2' : '',
      ip: '192.168.1.23',
      detail: index % 2 === 0 ? { volumeDb: -6, muted: false } : {},
      hash: 'a'.repeat(64),
    }));
    const found = all.filter(
      (entry) =>
        (!beforeId || entry.id < Number(beforeId)) &&
        (!actorName || entry.actorName === actorName) &&
        (!action || entry.action.startsWith(action)),
    );
    const entries = found.slice(0, AUDIT_PAGE);
    return { entries, nextBeforeId: found.length > AUDIT_PAGE ? (entries.at(-1)?.id ?? null) : null };
  });
  app.get('/api/audit/verify', () => api.auditVerification);
}
