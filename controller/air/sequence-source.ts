import type { ProgrammeSource, SourcePacket } from './air.ts';

/** One source after the other without a gap: the next one is started while its predecessor plays. */
export function sequenceSource(sources: readonly ProgrammeSource[]): ProgrammeSource {
  const started = new Map<number, Promise<void>>();
  let current = 0;
  let closed = false;
  /** The sources before it were skipped. */
  let firstHeard = 0;

  const startAt = (index: number, skipMs: number): Promise<void> => {
    const source = sources[index];
    if (!source) return Promise.resolve();
    let starting = started.get(index);
    if (!starting) {
      starting = source.start({ skipMs, follows: index > firstHeard });
      // Its failure is met when its turn comes.
      starting.catch(() => undefined);
      started.set(index, starting);
    }
    return starting;
  };

  const advance = async (): Promise<void> => {
    const ended = sources[current];
    current += 1;
    await Promise.all([startAt(current, 0), ended?.close()]);
    void startAt(current + 1, 0);
  };

  return {
    kind: sources.some((source) => source.kind === 'live') ? 'live' : 'recorded',
    get durationMs() {
      let sumMs = 0;
      for (const { durationMs } of sources) {
        if (durationMs === null) return null;
        sumMs += durationMs;
      }
      return sumMs;
    },
    prepare() {
      for (const source of sources) source.prepare?.();
    },
    async start({ skipMs } = { skipMs: 0 }) {
      let leftMs = skipMs;
      await startAt(0, leftMs);
      for (;;) {
        const source = sources[current];
        // The last one is never passed over: it answers itself that nothing is left.
        if (!source || source.durationMs === null || source.durationMs > leftMs || current === sources.length - 1) break;
        leftMs -= source.durationMs;
        await source.close();
        current += 1;
        firstHeard = current;
        await startAt(current, leftMs);
      }
      void startAt(current + 1, 0);
    },
    async read(): Promise<SourcePacket | null> {
      for (;;) {
        const source = sources[current];
        if (!source || closed) return null;
        const packet = await source.read();
        if (packet) return packet;
        await advance();
      }
    },
    async close() {
      closed = true;
      const closeStarted = () => Promise.all([...started.keys()].map((index) => sources[index]?.close()));
      // What was only prepared has to be closed, too.
      await Promise.all(sources.map((source, index) => (source.prepare && !started.has(index) ? source.close() : undefined)));
      // Once to break off what is still starting, once more for what that start left open.
      await closeStarted();
      await Promise.allSettled([...started.values()]);
      await closeStarted();
    },
  };
}
