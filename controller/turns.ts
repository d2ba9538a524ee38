import { scheduler } from 'node:timers/promises';

/**
 * Ends this turn of the event loop and goes on in the next: whatever waits for the loop, the air above all, comes in between. For work on
 * many things that people or devices have made, one of which is small.
 */
export function breathe(): Promise<void> {
  return scheduler.yield();
}
