import { describe, expect, it } from 'vitest';
import { storeBackCondition } from '../../../controller/broadcasts/store-conditions.ts';

describe('the end of a database’s absence', () => {
  it('is good news only when nothing of the log is lost', () => {
    expect(storeBackCondition(0).state).toBe('cleared');
    const lost = storeBackCondition(7);
    expect(lost.state).toBe('lapsed');
    expect([lost.vi, lost.en].every((words) => words.includes('7'))).toBe(true);
  });
});
