import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { TestClock } from '../../../controller/clock.ts';
import { isConnectionLoss, retryOnConnectionLoss } from '../../../controller/store/index.ts';

const withCode = (code: string): Error => Object.assign(new Error('x'), { code });
const logger = pino({ level: 'silent' });

describe('a lost connection', () => {
  it.each(['57P01', '57P02', '57P03', '08006', '08001', 'ECONNREFUSED', 'ECONNRESET'])('is told by %s', (code) => {
    expect(isConnectionLoss(withCode(code))).toBe(true);
    expect(isConnectionLoss(new Error('Failed query', { cause: withCode(code) }))).toBe(true);
  });

  it.each(['23505', '40001', '57014', '42P01', 'XX000'])('is not told by the answer %s', (code) => {
    expect(isConnectionLoss(withCode(code))).toBe(false);
  });

  it('is told by a server’s socket that isn’t there, and not by any other file', () => {
    expect(isConnectionLoss(Object.assign(new Error('x'), { code: 'ENOENT', syscall: 'connect' }))).toBe(true);
    expect(isConnectionLoss(Object.assign(new Error('x'), { code: 'ENOENT', syscall: 'stat' }))).toBe(false);
    expect(isConnectionLoss(withCode('ENOENT'))).toBe(false);
  });

  it('is told by the messages that come without a code', () => {
    expect(isConnectionLoss(new Error('Connection terminated unexpectedly'))).toBe(true);
    expect(isConnectionLoss(new Error('something else'))).toBe(false);
    expect(isConnectionLoss('Connection terminated')).toBe(false);
  });
});

describe('retrying', () => {
  it('repeats until the server is back', async () => {
    const clock = new TestClock();
    let runs = 0;
    const result = retryOnConnectionLoss(
      async () => {
        runs += 1;
        if (runs < 4) throw withCode('ECONNREFUSED');
        return 'row';
      },
      { clock, logger, forMs: 10_000 },
    );
    await clock.advance(10_000);
    expect(await result).toBe('row');
    expect(runs).toBe(4);
  });

  it('gives up with the last error when the time is over', async () => {
    const clock = new TestClock();
    const failure = retryOnConnectionLoss(() => Promise.reject(withCode('ECONNREFUSED')), { clock, logger, forMs: 2000 }).catch(
      (error: unknown) => error,
    );
    await clock.advance(2000);
    expect(await failure).toMatchObject({ code: 'ECONNREFUSED' });
    expect(clock.pending()).toEqual([]);
  });

  it('does not repeat a statement that was answered with an error', async () => {
    let runs = 0;
    const failing = retryOnConnectionLoss(
      async () => {
        runs += 1;
        throw withCode('23505');
      },
      { clock: new TestClock(), logger, forMs: 10_000 },
    );
    await expect(failing).rejects.toMatchObject({ code: '23505' });
    expect(runs).toBe(1);
  });
});
