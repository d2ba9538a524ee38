import { SystemClock } from '../../controller/clock.ts';

/** Real time whose wall clock a test sets, as a person or a time server does; what is steady stays steady. */
export class MovedClock extends SystemClock {
  movedMs = 0;
  override nowMs(): number {
    return super.nowMs() + this.movedMs;
  }
}
