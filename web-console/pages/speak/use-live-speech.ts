import { useEffect, useRef, useState } from 'react';
import type { BroadcastPreview } from '../../../controller/protocol/broadcasts.ts';
import { previewBroadcast, type StartRequest, stopBroadcast } from '../../api/broadcasts.ts';
import { useConsole } from '../../app/console-context.ts';
import { type Attempt, letGo, putOnAir } from './attempt.ts';
import { type MicrophoneInput, type MicrophoneTrouble, openMicrophoneInput } from './microphone-input.ts';
import { extended, FIRST_LIMIT_MS, remainingMs, SERVER_LIMIT_MS, type SpeakingTime } from './speaking.ts';

export type SpeechStep = 'places' | 'testing' | 'starting' | 'unknown' | 'speaking' | 'ending' | 'over';

export interface SpeechOptions {
  title: string;
  class: 'live' | 'emergency';
  targets: NonNullable<StartRequest['targets']>;
}

export interface SpeechEnd {
  atMs: number;
  why: 'asked' | 'time' | 'microphone' | 'path' | 'server';
  sure: boolean;
}

/**
 * Speaking live, from the local meter to the confirmed end. Whatever breaks makes it quiet and is said; nothing ever starts again
 * by itself.
 */
export function useLiveSpeech() {
  const { clock, feed } = useConsole();
  const [step, setStep] = useState<SpeechStep>('places');
  const [input, setInput] = useState<MicrophoneInput>();
  const [trouble, setTrouble] = useState<MicrophoneTrouble>();
  const [preview, setPreview] = useState<BroadcastPreview>();
  const [problem, setProblem] = useState<unknown>();
  const [time, setTime] = useState<SpeakingTime>();
  const [open, setOpen] = useState(false);
  const [end, setEnd] = useState<SpeechEnd>();
  const attempt = useRef<Attempt>(undefined);
  const gone = useRef(false);

  const setMouth = (next: boolean): void => {
    // Whatever a hand or a key says: outside of speaking it stays shut.
    const opens = next && step === 'speaking' && attempt.current !== undefined;
    if (input) input.track.enabled = opens;
    setOpen(opens);
  };
  const backToPlaces = (why?: MicrophoneTrouble): void => {
    if (attempt.current) letGo(attempt.current);
    attempt.current = undefined;
    setInput(undefined);
    setTrouble(why);
    setStep('places');
  };

  const test = async (options: SpeechOptions): Promise<void> => {
    setProblem(undefined);
    setTrouble(undefined);
    const request: StartRequest = {
      broadcastId: crypto.randomUUID(),
      title: options.title,
      class: options.class,
      content: { kind: 'microphone', microphoneId: crypto.randomUUID(), maxDurationMs: SERVER_LIMIT_MS },
      targets: options.targets,
      // An emergency has its attention signal.
      chime: options.class === 'live',
    };
    try {
      setPreview(await previewBroadcast(request));
    } catch (failure) {
      setProblem(failure);
      return;
    }
    const opened = await openMicrophoneInput(clock);
    if (typeof opened === 'string') return setTrouble(opened);
    // Left meanwhile, or pressed twice: one microphone is open, or none.
    if (gone.current || attempt.current) return opened.close();
    attempt.current = { request, input: opened, path: undefined, left: false };
    // While it starts nothing can be taken back yet: `start` looks at the trouble itself.
    opened.onTrouble((what) => {
      if (latest.current.step === 'testing') backToPlaces(what);
    });
    setInput(opened);
    setStep('testing');
  };

  const start = async (): Promise<void> => {
    const mine = attempt.current;
    if (!mine) return;
    setStep('starting');
    setProblem(undefined);
    // Quiet until chime or signal is over and a person opens it.
    mine.input.track.enabled = false;
    try {
      const broadcast = await putOnAir(mine, () => setStep('unknown'));
      if (mine.left) return;
      if (!broadcast) return backToPlaces(mine.input.trouble);
      setTime({ startedAtMs: feed.controllerNowMs(), limitMs: FIRST_LIMIT_MS });
      setStep('speaking');
      if (broadcast.endedAtMs !== null) return await finish('server');
      // Both tell at once what happened before anybody listened.
      mine.path?.onBroken(() => void finish('path'));
      mine.input.onTrouble(() => void finish('microphone'));
    } catch (failure) {
      if (mine.left) return;
      mine.path?.close();
      mine.path = undefined;
      setProblem(failure);
      if (mine.input.trouble) return backToPlaces(mine.input.trouble);
      mine.input.track.enabled = true;
      setStep('testing');
    }
  };

  const finish = async (why: SpeechEnd['why']): Promise<void> => {
    const mine = attempt.current;
    if (!mine) return;
    attempt.current = undefined;
    mine.input.track.enabled = false;
    setOpen(false);
    setStep('ending');
    const sure = why === 'server' || (await stopBroadcast(mine.request.broadcastId)).outcome === 'stopped';
    letGo(mine);
    setInput(undefined);
    setEnd({ atMs: feed.controllerNowMs(), why, sure });
    setStep('over');
  };

  /** The page goes away. What is on air is ended; what is still starting is silent from now on, and `putOnAir` ends it. */
  const leave = (): void => {
    gone.current = true;
    const mine = attempt.current;
    if (!mine) return;
    if (latest.current.step === 'speaking') return void finish('asked');
    mine.left = true;
    attempt.current = undefined;
    letGo(mine);
  };

  // The latest closures, for listeners that outlive a drawing.
  const latest = useRef({ finish, leave, step });
  latest.current = { finish, leave, step };

  useEffect(() => {
    if (!time || step !== 'speaking') return;
    return clock.every(500, () => {
      if (remainingMs(time, feed.controllerNowMs()) === 0) void latest.current.finish('time');
    });
  }, [time, step, clock, feed]);

  // Somebody else stopped it, or an emergency ended it; perhaps before this page was told that it had begun.
  useEffect(() => {
    if (step !== 'speaking') return;
    const look = (): void => {
      const id = attempt.current?.request.broadcastId;
      const known = id ? feed.state().broadcasts.get(id) : undefined;
      if (known && known.endedAtMs !== null) void latest.current.finish('server');
    };
    look();
    return feed.subscribe(look);
  }, [step, feed]);

  useEffect(() => () => latest.current.leave(), []);

  return {
    step,
    input,
    trouble,
    preview,
    problem,
    time,
    open,
    end,
    broadcastId: attempt.current?.request.broadcastId,
    test,
    start,
    setMouth,
    finish: () => finish('asked'),
    addTime: () => setTime((current) => current && extended(current)),
    back: () => backToPlaces(),
  };
}

export type LiveSpeech = ReturnType<typeof useLiveSpeech>;
