import { AppError, type Words } from '../errors.ts';
import type { AccountPolicy } from './policy.ts';

/** Words on which the guessed passwords of long lists are built, also Vietnamese ones; "matkhau" is "password". */
const COMMON_STEMS = [
  'password',
  'passw0rd',
  'matkhau',
  'administrator',
  'admin',
  'quantri',
  'quantrivien',
  'loaxa',
  'loaphuong',
  'truyenthanh',
  'dailoa',
  'phatthanh',
  'vietnam',
  'vietnamvodich',
  'hochiminh',
  'saigon',
  'hanoi',
  'dongnai',
  'daiphuoc',
  'nhontrach',
  'anhyeuem',
  'emyeuanh',
  'iloveyou',
  'khongbiet',
  'khongco',
  'welcome',
  'letmein',
  'changeme',
  'default',
  'football',
  'bongda',
  'superman',
  'dragon',
  'monkey',
  'sunshine',
  'princess',
];
const KEYBOARD_RUNS = [
  '1234567890',
  '0987654321',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'abcdefghijklmnopqrstuvwxyz',
  '1q2w3e4r5t6y7u8i9o0p',
  '147258369',
];
const FEWEST_DIFFERENT_CHARACTERS = 5;

/** Vietnamese letters can be typed as one character or as a letter and a mark: one person, two keyboards, one password. */
export function normalisePassword(password: string): string {
  return password.normalize('NFC');
}

/**
 * Length, not a zoo of character classes (NIST SP 800-63B): what a list of guesses holds is refused.
 * @throws AppError `accounts.password_*` (422) with what to do. Pure.
 */
export function requireGoodPassword(password: string, person: { username: string }, policy: AccountPolicy): void {
  const characters = [...normalisePassword(password)];
  if (characters.length < policy.passwordMinLength) {
    throw weak('too_short', {
      vi: `Mật khẩu cần ít nhất ${policy.passwordMinLength} ký tự. Một câu dễ nhớ gồm vài từ là tốt nhất.`,
      en: `The password needs at least ${policy.passwordMinLength} characters. A short sentence that you remember is best.`,
    });
  }
  const plain = simplify(password);
  const name = simplify(person.username);
  if (name.length >= 3 && plain.includes(name)) {
    throw weak('contains_username', {
      vi: 'Mật khẩu không được chứa tên đăng nhập.',
      en: 'The password must not contain the log-in name.',
    });
  }
  if (new Set(characters).size < FEWEST_DIFFERENT_CHARACTERS || isCommon(plain)) {
    throw weak('common', {
      vi: 'Mật khẩu này quá dễ đoán (từ thông dụng, dãy phím hoặc lặp lại). Hãy chọn vài từ không liên quan nhau.',
      en: 'This password is too easy to guess (a common word, a row of keys or a repetition). Choose a few unrelated words.',
    });
  }
}

/** What is left when common words, rows of keys and repetitions are taken out is what has to be guessed. */
function isCommon(plain: string): boolean {
  let rest = plain;
  for (const stem of COMMON_STEMS.toSorted((a, b) => b.length - a.length)) rest = rest.replaceAll(stem, '');
  for (const run of KEYBOARD_RUNS) {
    for (let length = run.length; length >= 3; length--) {
      for (let at = 0; at + length <= run.length; at++) rest = rest.replaceAll(run.slice(at, at + length), '');
    }
  }
  rest = rest.replace(/(.{1,4}?)\1{2,}/gu, '$1').replace(/(19|20)\d\d/g, '');
  return [...rest].length < FEWEST_DIFFERENT_CHARACTERS;
}

/** Lower case, without Vietnamese marks, with the usual digits-for-letters undone, without spaces and punctuation. */
function simplify(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('đ', 'd')
    .replaceAll('@', 'a')
    .replaceAll('$', 's')
    .replace(/[\s\p{P}]/gu, '');
}

function weak(reason: string, words: Words): AppError {
  return new AppError({ code: `accounts.password_${reason}`, status: 422, words, details: { field: 'newPassword' } });
}
