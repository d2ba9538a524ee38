import type { z } from 'zod';
import type { BroadcastPreview, BroadcastSummary, ClusterOutcome, startBroadcast } from '../../controller/protocol/broadcasts.ts';
import { sleep } from '../clock.ts';
import { ApiProblem, call } from './client.ts';

export type StartRequest = z.input<typeof startBroadcast>;

export const previewBroadcast = (request: StartRequest): Promise<BroadcastPreview> => call('POST', '/api/broadcasts/preview', request);
export const fetchBroadcast = (broadcastId: string): Promise<BroadcastSummary> => call('GET', `/api/broadcasts/${broadcastId}`);
export const fetchOutcomes = async (broadcastId: string): Promise<ClusterOutcome[]> =>
  (await call<{ outcomes: ClusterOutcome[] }>('GET', `/api/broadcasts/${broadcastId}/outcomes`)).outcomes;

export type Stopped =
  | { outcome: 'stopped' /** The server could not write it down yet; it is silent all the same. */; unstored?: true }
  | { outcome: 'unknown'; problem: unknown };

/** A refusal that says that nothing of it sounds any more. */
const ALREADY_OVER = 'broadcast.over';

/**
 * Stops a broadcast, and says whether it is silent. That it was over already, or that the stop is not stored yet, is no failure to
 * stop. Without an answer the server is asked once more how the broadcast stands.
 */
export async function stopBroadcast(broadcastId: string): Promise<Stopped> {
  try {
    const { stored } = await call<BroadcastSummary>('POST', `/api/broadcasts/${broadcastId}/stop`, {});
    return { outcome: 'stopped', ...(stored ? {} : { unstored: true }) };
  } catch (problem) {
    if (problem instanceof ApiProblem && problem.code === ALREADY_OVER) return { outcome: 'stopped' };
    const known = await fetchBroadcast(broadcastId).catch(() => undefined);
    return known && known.endedAtMs !== null ? { outcome: 'stopped' } : { outcome: 'unknown', problem };
  }
}

export type Fired = { outcome: 'acknowledged'; broadcast: BroadcastSummary } | { outcome: 'refused'; problem: ApiProblem };

const POLL_PERIOD_MS = 1000;
/** "I know no such broadcast" this often in a row: the request never arrived, and is not still on its way. */
const SURE_AFTER = 3;

/**
 * Starts a broadcast and returns only when it is known what became of it: acknowledged, or refused. When the answer is lost the
 * broadcast may sound or not; `onUnknown` is told, and the server is asked by the broadcast's id until it answers. Sending the
 * same id again would be harmless too (it is idempotent), but asking starts nothing that a person has walked away from.
 */
export async function fire(request: StartRequest, onUnknown: () => void): Promise<Fired> {
  try {
    return { outcome: 'acknowledged', broadcast: await call<BroadcastSummary>('POST', '/api/broadcasts', request) };
  } catch (problem) {
    if (!(problem instanceof ApiProblem)) throw problem;
    if (problem.outcome === 'refused') return { outcome: 'refused', problem };
    onUnknown();
    return await askUntilKnown(request.broadcastId, problem);
  }
}

async function askUntilKnown(broadcastId: string, lost: ApiProblem): Promise<Fired> {
  for (let strangers = 0; strangers < SURE_AFTER; ) {
    await sleep(POLL_PERIOD_MS);
    try {
      return { outcome: 'acknowledged', broadcast: await fetchBroadcast(broadcastId) };
    } catch (problem) {
      if (!(problem instanceof ApiProblem)) throw problem;
      strangers = problem.status === 404 ? strangers + 1 : 0;
    }
  }
  return { outcome: 'refused', problem: lost };
}
