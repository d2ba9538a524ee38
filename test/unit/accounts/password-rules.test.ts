import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requireGoodPassword } from '../../../controller/accounts/password-rules.ts';
import { DEFAULT_POLICY, lockMs } from '../../../controller/accounts/policy.ts';
import { makeTemporaryPassword } from '../../../controller/accounts/temporary-password.ts';

const check = (password: string, username = 'lan.nguyen') => requireGoodPassword(password, { username }, DEFAULT_POLICY);
const codeOf = (password: string, username?: string): string | undefined => {
  try {
    check(password, username);
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('password rules', () => {
  it.each(['con trâu đi cày buổi sớm', 'Tr0iMuaToMangAoRaChe', 'correct horse battery staple', 'k7m2p-9xq4r-hvw3s-a8bcd'])(
    'accept %s',
    (password) => expect(codeOf(password)).toBeUndefined(),
  );

  it.each([
    ['ngắn', 'accounts.password_too_short'],
    ['trờimưa1234', 'accounts.password_too_short'],
    ['xin chào Lan.Nguyen nhé', 'accounts.password_contains_username'],
    ['password123456', 'accounts.password_common'],
    ['P@ssw0rd2026!!', 'accounts.password_common'],
    ['MậtKhẩu123456789', 'accounts.password_common'],
    ['administrator', 'accounts.password_common'],
    ['qwertyuiop1234', 'accounts.password_common'],
    ['aaaaaaaaaaaaaaaa', 'accounts.password_common'],
    ['abcabcabcabcabc', 'accounts.password_common'],
    ['Truyền thanh 2026', 'accounts.password_common'],
    ['123456789012345', 'accounts.password_common'],
  ])('refuse %s: %s', (password, code) => expect(codeOf(password)).toBe(code));

  it('accept every temporary password', () => {
    for (let i = 0; i < 500; i++) check(makeTemporaryPassword());
  });

  it('answer any text in bounded time, with the rule that it breaks', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 256 }), fc.string({ maxLength: 32 }), (password, username) => {
        expect(codeOf(password, username) ?? 'accounts.password_').toMatch(/^accounts\.password_/);
      }),
      { seed: 3 },
    );
  });
});

describe('lock-out', () => {
  it('begins at the fifth failure, doubles and ends growing', () => {
    expect([4, 5, 6, 7].map((failures) => lockMs(failures, DEFAULT_POLICY) / 60_000)).toEqual([0, 15, 30, 60]);
    expect(lockMs(1e9, DEFAULT_POLICY)).toBe(DEFAULT_POLICY.longestLockMs);
  });
});
