import type { Events } from '../../events.ts';
import type { BroadcastRecord } from '../record.ts';
import { MISSED_CONDITION, madeUpInWords, missedInWords, type NamedPole } from './missed-words.ts';

/** One condition for all emergencies that some poles have not heard; it is told again only when its words change. */
export class MissedConditions {
  #deps: { events: Events; timeZone: string };
  #standing = new Map<string, { vi: string; en: string }>();
  #told = '';

  constructor(deps: { events: Events; timeZone: string }) {
    this.#deps = deps;
  }

  /** @param poles those that have not heard it; none: nothing to say */
  tell({ broadcastId, title }: BroadcastRecord, poles: readonly NamedPole[], validUntilMs: number): void {
    if (poles.length === 0) return;
    const until = new Intl.DateTimeFormat('en-GB', { timeZone: this.#deps.timeZone, timeStyle: 'short' }).format(validUntilMs);
    this.#standing.set(broadcastId, missedInWords(title, poles, until));
    this.#raise();
  }

  end({ broadcastId, title }: BroadcastRecord, poles: readonly NamedPole[], why: 'stopped' | 'expired' | 'done'): void {
    if (!this.#standing.delete(broadcastId)) return;
    if (this.#standing.size > 0) {
      this.#raise();
      return;
    }
    this.#told = '';
    this.#deps.events.emit('system.condition', {
      code: MISSED_CONDITION,
      state: poles.length === 0 ? 'cleared' : 'lapsed',
      ...madeUpInWords(title, poles, why),
    });
  }

  #raise(): void {
    const all = [...this.#standing.values()];
    const words = { vi: all.map(({ vi }) => vi).join(' '), en: all.map(({ en }) => en).join(' ') };
    if (words.vi === this.#told) return;
    this.#told = words.vi;
    this.#deps.events.emit('system.condition', { code: MISSED_CONDITION, state: 'raised', ...words });
  }
}
