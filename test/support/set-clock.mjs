/**
 * Loaded before a controller (`node --import`): sets its system clock as a person or a time server does. The file named by LOA_XA_TEST_CLOCK holds
 * the milliseconds by which `Date.now` is off; what is steady stays steady. The rest of the machine keeps its time.
 */
import { readFileSync } from 'node:fs';

const trueNow = Date.now;
const file = process.env.LOA_XA_TEST_CLOCK;
const LOOK_EVERY_MS = 100;
let lookedAtMs = Number.NEGATIVE_INFINITY;
let offMs = 0;

Date.now = () => {
  if (performance.now() - lookedAtMs > LOOK_EVERY_MS) {
    lookedAtMs = performance.now();
    offMs = Number(readFileSync(file, 'utf8'));
  }
  return trueNow() + offMs;
};

// A process takes its first time from the same clock.
Object.defineProperty(performance, 'timeOrigin', { value: performance.timeOrigin + Number(readFileSync(file, 'utf8')) });
