import type { Air, AirEnd, AirRequest, AirRun, ProgrammeSource } from '../../controller/air/air.ts';
import type { Clock } from '../../controller/clock.ts';

/** What a fake source was made of. */
export type FakeSource = ProgrammeSource & { made: Record<string, unknown> };

/** One run of the fake air, as a test sees it. */
export interface FakeRun extends AirRun {
  readonly request: AirRequest;
  readonly source: FakeSource;
  /** Capture instant of the first sample. */
  readonly startsAtMs: number;
  readonly isOver: boolean;
  /** Its source gives nothing but silence from now on. */
  silence(is: boolean): void;
  fail(error: unknown): void;
  /** A live source ends. */
  finish(): void;
}

export interface FakeAir extends Air {
  readonly runs: readonly FakeRun[];
}

/** How far ahead of its capture instant the fake air sends a recording. */
const LEAD_MS = 500;
const PROGRESS_MS = 500;

/** Runs programmes on a clock without any sound. A recording's length is the number in its master's path (`/masters/20000`). */
export function createFakeAir(clock: Clock): FakeAir {
  const runs: FakeRun[] = [];
  const source = (kind: 'recorded' | 'live', durationMs: number | null, made: Record<string, unknown>): FakeSource => ({
    kind,
    durationMs,
    made,
    prepare: () => void Object.assign(made, { preparedAtMs: clock.nowMs() }),
    start: async () => undefined,
    read: async () => null,
    close: async () => undefined,
  });
  return {
    runs,
    start: async () => undefined,
    close: async () => undefined,
    play(request) {
      const run = createRun(clock, request);
      runs.push(run);
      return run;
    },
    keepAtHand: () => undefined,
    recordedSource: (options) => {
      const masterMs = Number(/(\d+)$/.exec(options.masterPath)?.[1] ?? 0);
      const { repeat, pauseMs, attention } = options;
      const saidMs = repeat === 'until_stopped' ? null : (attention?.durationMs ?? 0) + masterMs * repeat + pauseMs * (repeat - 1);
      return source('recorded', saidMs, { ...options });
    },
    relaySource: (options) => source('live', options.durationMs, { ...options }),
    microphoneSource: (options) => source('live', null, { ...options }),
    sequence: (sources) => source('live', null, { sources }),
    attentionAudio: async () => Buffer.alloc(0),
  };
}

function createRun(clock: Clock, request: AirRequest): FakeRun {
  const made = request.source as FakeSource;
  const startsAtMs = Math.max(request.startAtMs, clock.nowMs());
  const leftMs = made.durationMs === null ? Number.POSITIVE_INFINITY : made.durationMs - (made.kind === 'recorded' ? request.skipMs : 0);
  const leadMs = made.kind === 'recorded' ? LEAD_MS : 0;
  let frozenMs: number | undefined;
  let resolve: (end: AirEnd) => void = () => undefined;
  const ended = new Promise<AirEnd>((done) => {
    resolve = done;
  });
  const sentUntilMs = (): number => frozenMs ?? Math.max(startsAtMs, Math.min(clock.nowMs() + leadMs, startsAtMs + leftMs));
  const end = (how: AirEnd, endsAtMs = sentUntilMs()): void => {
    if (frozenMs !== undefined) return;
    frozenMs = endsAtMs;
    progress.cancel();
    timer?.cancel();
    resolve(how);
  };
  const positionMs = (): number => request.skipMs + Math.max(0, Math.min(clock.nowMs(), sentUntilMs()) - startsAtMs);
  let isSilent = false;
  const progress = clock.every('fake progress', PROGRESS_MS, () =>
    request.onProgress({ positionMs: positionMs(), levelDb: isSilent ? -120 : -20, isProgramme: !isSilent }),
  );
  // The real air counts packets: a recording that ran out was sent whole, even where the timer fired a fraction early.
  const timer = Number.isFinite(leftMs)
    ? clock.at('fake air ends', startsAtMs + leftMs - leadMs, () => end({ how: 'finished' }, startsAtMs + leftMs))
    : undefined;
  return {
    broadcastId: request.broadcastId,
    request,
    source: made,
    startsAtMs,
    get isOver() {
      return frozenMs !== undefined;
    },
    positionMs,
    sentUntilMs,
    ended,
    async stop() {
      end({ how: 'stopped' });
    },
    silence: (is) => {
      isSilent = is;
    },
    fail: (error) => end({ how: 'failed', error }),
    finish: () => end({ how: 'finished' }),
  };
}
