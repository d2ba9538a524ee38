import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** What the air counts; plain numbers, because some change with every packet. */
export interface AirCounters {
  packetsSent: number;
  /** Paced packets that left after their own capture instant: the lead was used up. */
  underruns: number;
  /** Timelines put anew after a stall or a clock step. */
  reanchors: number;
  /** Silence sent while a live source was late. */
  filledMs: number;
  /** Live packets that came after their time had been filled. */
  liveTooLate: number;
  observeLateness(lateMs: number): void;
}

export function createAirCounters(): AirCounters & { onLateness(listener: (lateMs: number) => void): void } {
  let listener: ((lateMs: number) => void) | undefined;
  return {
    packetsSent: 0,
    underruns: 0,
    reanchors: 0,
    filledMs: 0,
    liveTooLate: 0,
    observeLateness: (lateMs) => listener?.(lateMs),
    onLateness(given) {
      listener = given;
    },
  };
}

/** Makes the counters visible at /metrics. */
export function exposeAirMetrics(registry: Registry, counters: ReturnType<typeof createAirCounters>, runsActive: () => number): void {
  const registers = [registry];
  const rising = (name: string, help: string, value: () => number): void => {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(value());
      },
    });
  };
  rising('loa_xa_air_packets_sent_total', 'Packets put on air', () => counters.packetsSent);
  rising('loa_xa_air_underruns_total', 'Recorded packets that left after their capture instant', () => counters.underruns);
  rising('loa_xa_air_reanchors_total', 'Air timelines set anew after a stall or a clock step', () => counters.reanchors);
  rising('loa_xa_air_filled_seconds_total', 'Silence sent while a live source was late', () => counters.filledMs / 1000);
  rising('loa_xa_air_live_late_total', 'Live packets that came too late for their place', () => counters.liveTooLate);
  new Gauge({
    name: 'loa_xa_air_runs_active',
    help: 'Programmes on air now',
    registers,
    collect() {
      this.set(runsActive());
    },
  });
  const lateness = new Histogram({
    name: 'loa_xa_air_pace_late_seconds',
    help: 'How long after its due instant a recorded packet was handed to distribution',
    buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2],
    registers,
  });
  counters.onLateness((lateMs) => lateness.observe(lateMs / 1000));
}
