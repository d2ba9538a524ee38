import { startLiveStation } from '../support/live-station.ts';
import { until } from '../support/until.ts';
import type { Scene } from './troubles.ts';

const SOUNDS_LIMIT_MS = 20_000;
const MINUTE_MS = 60_000;
/** Three seconds on an idle machine; this one has a load, and the simulator tells what sounds once a second. */
const GAP_LIMIT_MS = 6000;

/** A station is on the air when the controller is killed. @returns what is wrong afterwards */
export async function relayKilled({ commune, clock }: Scene): Promise<string[]> {
  const station = await startLiveStation(clock);
  const sounds = (broadcastId: string): Promise<void> =>
    until('the station sounds', () => (commune.simulatorStatus.broadcastIds as string[]).includes(broadcastId), SOUNDS_LIMIT_MS);
  try {
    const broadcastId = await commune.api.startBroadcast({
      class: 'relay',
      content: { kind: 'relay', url: station.url, durationMs: 10 * MINUTE_MS },
      targets: { hamletIds: ['ap-02'], clusterIds: [] },
    });
    await sounds(broadcastId);
    const killedAtMs = clock.monotonicMs();
    await commune.killController();
    const started = commune.startController();
    await until('the poles are silent', () => !(commune.simulatorStatus.broadcastIds as string[]).includes(broadcastId), SOUNDS_LIMIT_MS);
    await sounds(broadcastId);
    const gapMs = clock.monotonicMs() - killedAtMs;
    await started;
    await commune.api.expect('POST', `/api/broadcasts/${broadcastId}/stop`, {});
    return gapMs > GAP_LIMIT_MS ? [`a relay sounded again only ${(gapMs / 1000).toFixed(1)} s after the kill`] : [];
  } finally {
    await station.close();
  }
}
