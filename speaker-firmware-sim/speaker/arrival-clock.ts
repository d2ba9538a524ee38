import type { Channel } from './channel.ts';

/**
 * Controller time for an emergency that comes before the clocks were compared: its first packet counts as captured when it arrived, so it sounds its playout delay
 * after that. Late by the way of one packet, but at once. Nothing else plays by it.
 */
export class ArrivalClock {
  #offsetMs: number | undefined;

  /** `playing`: the emergency sounds already, and must not jump because its first packets are gone. */
  controllerMs(localMs: number, channels: readonly Channel[], playing: boolean, localOf: (trueMs: number) => number): number | undefined {
    if (!playing) {
      const channel = channels.find(mayPlayWithoutClock);
      const first = channel?.buffer.firstProgramme;
      this.#offsetMs = channel && first ? channel.buffer.captureAtMs(first.position) - localOf(first.arrivalMs) : undefined;
    }
    return this.#offsetMs === undefined ? undefined : localMs + this.#offsetMs;
  }
}

export function mayPlayWithoutClock(channel: Channel): boolean {
  return channel.description.class === 'emergency' && (channel.session !== undefined || channel.buffer.firstProgramme !== undefined);
}
