import {
  Counter,
  type CounterConfiguration,
  collectDefaultMetrics,
  Gauge,
  type GaugeConfiguration,
  Histogram,
  type HistogramConfiguration,
  Registry,
} from 'prom-client';

type Named<Configuration> = Omit<Configuration, 'registers'>;

/** Figures for Prometheus. A slice asks for its own by a name that begins with `loaxa_` and carries the unit (`_seconds`, `_bytes`, `_total`). */
export interface Metrics {
  counter<Label extends string = string>(configuration: Named<CounterConfiguration<Label>>): Counter<Label>;
  /** With `collect`, the value is read when Prometheus asks. */
  gauge<Label extends string = string>(configuration: Named<GaugeConfiguration<Label>>): Gauge<Label>;
  histogram<Label extends string = string>(configuration: Named<HistogramConfiguration<Label>>): Histogram<Label>;
  /** The text exposition format, version 0.0.4. */
  render(): Promise<string>;
  contentType: string;
  /** For slices that make their own prom-client metrics. */
  registry: Registry;
  close(): void;
}

/** @param defaults false leaves out the process's own figures (memory, event loop, garbage collection). */
export function createMetrics({ defaults = true } = {}): Metrics {
  const registry = new Registry();
  if (defaults) collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    counter: (configuration) => new Counter({ ...configuration, registers }),
    gauge: (configuration) => new Gauge({ ...configuration, registers }),
    histogram: (configuration) => new Histogram({ ...configuration, registers }),
    render: () => registry.metrics(),
    contentType: registry.contentType,
    registry,
    close: () => registry.clear(),
  };
}
