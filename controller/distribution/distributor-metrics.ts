import { Counter, Gauge, type Registry } from 'prom-client';
import type { DistributorStats } from './distributor.ts';

/** Makes the distributor's figures visible at /metrics; they are asked for at every scrape. */
export function exposeDistributorMetrics(registry: Registry, stats: () => Promise<DistributorStats>): void {
  const registers = [registry];
  // One question to the workers for each scrape, not one for each metric.
  let asked: Promise<DistributorStats> | undefined;
  const figures = (): Promise<DistributorStats> => {
    asked ??= stats().finally(() => {
      asked = undefined;
    });
    return asked;
  };
  const gauge = (name: string, help: string, value: (now: DistributorStats) => number): void => {
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        this.set(value(await figures()));
      },
    });
  };
  const rising = (name: string, help: string, value: (now: DistributorStats) => number): void => {
    new Counter({
      name,
      help,
      registers,
      async collect() {
        const now = value(await figures());
        this.reset();
        this.inc(now);
      },
    });
  };
  gauge('loa_xa_distribution_channels', 'Channels open, the standing one included', (now) => now.channels);
  gauge('loa_xa_distribution_paths_open', 'Speakers whose media path is open', (now) => now.pathsOpen);
  gauge('loa_xa_distribution_microphones', 'Browser microphones open', (now) => now.microphones);
  rising('loa_xa_distribution_packets_sent_total', 'Packets handed to media workers', (now) => now.packetsSent);
  rising(
    'loa_xa_distribution_packets_dropped_total',
    'Packets for media workers that were dying or had fallen behind',
    (now) => now.packetsDropped,
  );
  rising('loa_xa_distribution_pilots_sent_total', 'Pilot packets on the emergency channel', (now) => now.pilotsSent);
  rising('loa_xa_distribution_worker_deaths_total', 'Media workers that died', (now) => now.workerDeaths);
  gauge('loa_xa_distribution_live_packet_seconds', 'Length of live packets; longer with many speakers', (now) => now.livePacketMs / 1000);
  gauge('loa_xa_distribution_worker_lag_seconds', 'How far the slowest media worker is behind', (now) => slowest(now) / 1000);
  rising('loa_xa_distribution_fan_out_total', 'Packets sent out to speakers', (now) =>
    now.workers.reduce((sum, { fanOut }) => sum + fanOut, 0),
  );
  new Gauge({
    name: 'loa_xa_distribution_worker_cpu_seconds',
    help: 'Processor time of each media worker',
    labelNames: ['pid', 'mode'],
    registers,
    async collect() {
      const { workers } = await figures();
      this.reset();
      for (const worker of workers) {
        this.set({ pid: worker.pid, mode: 'user' }, worker.cpuUserMs / 1000);
        this.set({ pid: worker.pid, mode: 'system' }, worker.cpuSystemMs / 1000);
      }
    },
  });
}

const slowest = ({ workers }: DistributorStats): number => Math.max(0, ...workers.map(({ lagMs }) => lagMs));
