import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Everything that a message, a connection or an enrolment can come to; each is counted, none passes unseen. */
export interface SpeakerMetrics {
  message(type: string): void;
  rejected(reason: string): void;
  connectionClosed(reason: string): void;
  handshakeRefused(reason: string): void;
  enrolment(result: string): void;
  receipt(result: 'stored' | 'not_stored' | 'refused'): void;
  clockErrorMs(value: number): void;
  roundTripMs(value: number): void;
  transitions(result: 'stored' | 'dropped' | 'refused', count: number): void;
  /** Asked when the metrics are read. */
  observeCounts(counts: () => { connected: number; enrolled: number }): void;
}

/** Label values come from fixed lists in the code, never from a speaker: the number of series is bounded. */
export function createSpeakerMetrics(registry: Registry): SpeakerMetrics {
  const registers = [registry];
  const messages = new Counter({
    name: 'loaxa_speaker_messages_total',
    help: 'Control messages taken, by type',
    labelNames: ['type'],
    registers,
  });
  const rejected = new Counter({
    name: 'loaxa_speaker_messages_rejected_total',
    help: 'Control messages refused, by reason',
    labelNames: ['reason'],
    registers,
  });
  const closed = new Counter({
    name: 'loaxa_speaker_connections_closed_total',
    help: 'Control connections ended, by reason',
    labelNames: ['reason'],
    registers,
  });
  const refused = new Counter({
    name: 'loaxa_speaker_handshakes_refused_total',
    help: 'Connections refused before hello, by reason',
    labelNames: ['reason'],
    registers,
  });
  const enrolments = new Counter({
    name: 'loaxa_speaker_enrolments_total',
    help: 'Enrolments, by result',
    labelNames: ['result'],
    registers,
  });
  const receipts = new Counter({ name: 'loaxa_speaker_receipts_total', help: 'Receipts, by result', labelNames: ['result'], registers });
  const transitions = new Counter({
    name: 'loaxa_speaker_transitions_total',
    help: 'Changes of a speaker’s rung and when it was seen, by what became of their record',
    labelNames: ['result'],
    registers,
  });
  const clockError = new Histogram({
    name: 'loaxa_speaker_clock_error_ms',
    help: 'Bound on the clock error as the speakers report it',
    buckets: [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 25, 50, 100, 250],
    registers,
  });
  const roundTrip = new Histogram({
    name: 'loaxa_speaker_round_trip_ms',
    help: 'Round trip of the control channel',
    buckets: [0.5, 1, 2, 5, 10, 25, 50, 100, 200, 400, 800, 2000],
    registers,
  });
  const counters = new Map<string, { inc(): void }>();
  /** Resolving labels costs more than counting; heartbeats come hundreds of times a second. */
  const bound = (counter: Counter<string>, label: string, value: string): { inc(): void } => {
    const key = `${label} ${value}`;
    let child = counters.get(key);
    if (!child) {
      child = counter.labels({ [label]: value });
      counters.set(key, child);
    }
    return child;
  };
  return {
    message: (type) => bound(messages, 'type', type).inc(),
    rejected: (reason) => bound(rejected, 'reason', reason).inc(),
    connectionClosed: (reason) => closed.inc({ reason }),
    handshakeRefused: (reason) => refused.inc({ reason }),
    enrolment: (result) => enrolments.inc({ result }),
    receipt: (result) => receipts.inc({ result }),
    transitions: (result, count) => transitions.inc({ result }, count),
    clockErrorMs: (value) => clockError.observe(value),
    roundTripMs: (value) => roundTrip.observe(value),
    observeCounts(counts) {
      // It lives in its registry.
      void new Gauge({
        name: 'loaxa_speakers',
        help: 'Speakers, by state',
        labelNames: ['state'],
        registers,
        collect() {
          const { connected, enrolled } = counts();
          this.set({ state: 'connected' }, connected);
          this.set({ state: 'enrolled' }, enrolled);
        },
      });
    },
  };
}
