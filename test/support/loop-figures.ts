import type { ApiClient } from './api-client.ts';

/** The controller's own figures of its event loop since the last time they were asked for (they start anew with each asking). */
export interface LoopFigures {
  /** Processor time of the longest turn, ms; overstated by at most 5 ms. */
  longestTurnMs: number;
  /** By how much the latest timer was late, ms: on a busy machine also what others did. */
  longestDelayMs: number;
}

export async function loopFigures(api: ApiClient): Promise<LoopFigures> {
  const { raw } = await api.call('GET', '/metrics');
  const figure = (name: string): number => {
    const line = raw
      .toString('utf8')
      .split('\n')
      .find((one) => one.startsWith(`${name} `));
    if (line === undefined) throw new Error(`/metrics has no ${name}`);
    return Number(line.split(' ')[1]) * 1000;
  };
  return {
    longestTurnMs: figure('loaxa_event_loop_longest_turn_seconds'),
    longestDelayMs: figure('loaxa_event_loop_delay_seconds{quantile="1"}'),
  };
}
