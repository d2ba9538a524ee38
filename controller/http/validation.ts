import type { FastifySchemaCompiler } from 'fastify';
import type { z } from 'zod';
import { AppError, type Words } from '../errors.ts';
import { unstorableAt } from '../store/storable.ts';

const MOST_NAMED = 10;
const UNSTORABLE = 'has a character that is none (NUL, or half of a pair)';

/** Checks parameters, query and body with the route's zod schemas; what doesn't fit is named by path, in words. */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> =
  ({ schema, httpPart }) =>
  (data) => {
    const at = unstorableAt(data);
    if (at)
      return { error: invalidRequest([{ code: 'custom', path: [...at], message: UNSTORABLE, input: undefined }], httpPart ?? 'body') };
    const result = schema.safeParse(data);
    return result.success ? { value: result.data } : { error: invalidRequest(result.error.issues, httpPart ?? 'body') };
  };

/** 400 for an address that can't be right, 422 for a body that is well-formed and doesn't fit. */
export function invalidRequest(issues: readonly z.core.$ZodIssue[], part: string): AppError {
  const named = issues.slice(0, MOST_NAMED).map((issue) => ({ path: pathText(issue.path), ...wordsOf(issue) }));
  const sentence = (language: keyof Words): string =>
    named.map((issue) => (issue.path ? `${issue.path}: ${issue[language]}` : issue[language])).join('; ');
  return new AppError({
    code: 'http.invalid_request',
    status: part === 'body' ? 422 : 400,
    words: { vi: `Dữ liệu gửi lên chưa đúng. ${sentence('vi')}.`, en: `What was sent doesn't fit. ${sentence('en')}.` },
    details: { part, issues: named },
  });
}

function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index > 0 ? '.' : ''}${String(key)}`))
    .join('')
    .slice(0, 200);
}

function wordsOf(issue: z.core.$ZodIssue): Words {
  switch (issue.code) {
    case 'invalid_type':
      return issue.message.endsWith('received undefined')
        ? { vi: 'còn thiếu', en: 'is missing' }
        : { vi: `phải là ${typeName(issue.expected).vi}`, en: `must be ${typeName(issue.expected).en}` };
    case 'too_small':
      return isSized(issue.origin)
        ? { vi: `cần ít nhất ${issue.minimum} ${unit(issue.origin).vi}`, en: `needs at least ${issue.minimum} ${unit(issue.origin).en}` }
        : { vi: `không được nhỏ hơn ${issue.minimum}`, en: `must not be below ${issue.minimum}` };
    case 'too_big':
      return isSized(issue.origin)
        ? { vi: `nhiều nhất ${issue.maximum} ${unit(issue.origin).vi}`, en: `may have at most ${issue.maximum} ${unit(issue.origin).en}` }
        : { vi: `không được lớn hơn ${issue.maximum}`, en: `must not be above ${issue.maximum}` };
    case 'invalid_value':
      return { vi: `phải là một trong: ${issue.values.join(', ')}`, en: `must be one of: ${issue.values.join(', ')}` };
    case 'unrecognized_keys':
      return { vi: 'có mục không được phép', en: 'has members that are not allowed' };
    case 'invalid_union':
      return { vi: 'không đúng dạng nào được phép', en: 'fits none of the allowed forms' };
    case 'invalid_format':
      return { vi: `không đúng định dạng (${issue.format})`, en: `has not the right format (${issue.format})` };
    case 'custom':
      return issue.message === UNSTORABLE
        ? { vi: 'có ký tự không hợp lệ (ký tự rỗng hoặc nửa ký tự); hãy gõ lại', en: `${UNSTORABLE}; type it again` }
        : { vi: typeof issue.params?.vi === 'string' ? issue.params.vi : `không hợp lệ (${issue.message})`, en: issue.message };
    default:
      return { vi: `không hợp lệ (${issue.message})`, en: issue.message };
  }
}

const isSized = (origin: string): boolean => origin === 'string' || origin === 'array' || origin === 'set';
const unit = (origin: string): Words => (origin === 'string' ? { vi: 'ký tự', en: 'characters' } : { vi: 'mục', en: 'items' });

const TYPE_NAMES: Record<string, Words> = {
  string: { vi: 'chữ', en: 'text' },
  number: { vi: 'số', en: 'a number' },
  int: { vi: 'số nguyên', en: 'a whole number' },
  boolean: { vi: 'đúng/sai', en: 'true or false' },
  array: { vi: 'danh sách', en: 'a list' },
  object: { vi: 'đối tượng', en: 'an object' },
};
const typeName = (type: string): Words => TYPE_NAMES[type] ?? { vi: type, en: type };
