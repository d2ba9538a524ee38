import { errorText } from '../errors.ts';

/** An error as the log keeps it: with what it came from and where, and without the values of a failed query (errors.ts). */
export function errorForLog(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return thrown;
  const { code } = thrown as { code?: unknown };
  return {
    type: thrown.name,
    message: errorText(thrown),
    ...(typeof code === 'string' ? { code } : {}),
    stack: framesOf(thrown),
    ...(thrown.cause === undefined ? {} : { cause: errorForLog(thrown.cause) }),
  };
}

/** Without the message that a stack begins with. */
function framesOf({ stack = '' }: Error): string {
  return stack
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .join('\n');
}
