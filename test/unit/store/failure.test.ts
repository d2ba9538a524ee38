import { describe, expect, it } from 'vitest';
import { failureOf, isHopeless } from '../../../controller/store/index.ts';

/** As drizzle wraps what node-postgres throws. */
const coded = (code: string, message = 'x'): Error => new Error('Failed query', { cause: Object.assign(new Error(message), { code }) });

describe('why the store does not take something', () => {
  it.each([
    ['away', '08006', 'connection failure'],
    ['away', '57P01', 'ended by the administrator'],
    ['away', '57014', 'cancelled by its time limit'],
    ['away', '40P01', 'deadlock'],
    ['away', '55P03', 'lock not available'],
    ['away', '25006', 'read-only'],
    ['away', 'ECONNREFUSED', 'no server'],
    ['full', '53100', 'disk full'],
    ['full', '53200', 'out of memory'],
    ['full', '58030', 'input/output error'],
    ['full', 'ENOSPC', 'no space left'],
    ['refused', '22P05', 'NUL in text'],
    ['refused', '22003', 'out of range'],
    ['refused', '23503', 'foreign key'],
    ['refused', '54000', 'a row too long for its index'],
    ['refused', 'P0001', 'raised by a trigger'],
    ['defect', '42P01', 'no such table'],
    ['defect', '42501', 'no right'],
    ['defect', 'XX000', 'internal error'],
  ] as const)('%s: %s, %s', (failure, code, _what) => {
    expect(failureOf(coded(code))).toBe(failure);
    expect(isHopeless(coded(code))).toBe(failure === 'refused' || failure === 'defect');
  });

  it('takes an error of our own code for a defect that the store said nothing of', () => {
    expect(failureOf(new RangeError('Invalid time value'))).toBe('defect');
    expect(isHopeless(new RangeError('Invalid time value'))).toBe(false);
  });
});
