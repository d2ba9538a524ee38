import { useEffect, useRef, useState } from 'react';
import type { BroadcastPreview } from '../../../controller/protocol/broadcasts.ts';
import { fire, previewBroadcast, type StartRequest } from '../../api/broadcasts.ts';
import { useConsole } from '../../app/console-context.ts';
import { endBroadcast, type MicrophonePath, openMicrophonePath } from './live-session.ts';
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
  const path = useRef<MicrophonePath>(undefined);
  const request = useRef<StartRequest>(undefined);

  const setMouth = (next: boolean): void => {
    if (input) input.track.enabled = next;
    setOpen(next);
  };
  const letGo = (): void => {
    path.current?.close();
    path.current = undefined;
    input?.close();
    setInput(undefined);
    setOpen(false);
  };

  const test = async (options: SpeechOptions): Promise<void> => {
    setProblem(undefined);
    setTrouble(undefined);
    const draft: StartRequest = {
      broadcastId: crypto.randomUUID(),
      title: options.title,
      class: options.class,
      content: { kind: 'microphone', microphoneId: crypto.randomUUID(), maxDurationMs: SERVER_LIMIT_MS },
      targets: options.targets,
      chime: true,
    };
    try {
      setPreview(await previewBroadcast(draft));
    } catch (failure) {
      setProblem(failure);
      return;
    }
    const opened = await openMicrophoneInput(clock);
    if (typeof opened === 'string') {
      setTrouble(opened);
      return;
    }
    request.current = draft;
    setInput(opened);
    setStep('testing');
  };

  const start = async (): Promise<void> => {
    const draft = request.current;
    if (!draft || !input) return;
    setStep('starting');
    setProblem(undefined);
    // Quiet until the chime is over and a person opens it.
    input.track.enabled = false;
    try {
      path.current = await openMicrophonePath(input.track);
      const ready: StartRequest = {
        ...draft,
        content: { kind: 'microphone', microphoneId: path.current.microphoneId, maxDurationMs: SERVER_LIMIT_MS },
      };
      const fired = await fire(ready, () => setStep('unknown'));
      if (fired.outcome === 'refused') throw fired.problem;
    } catch (failure) {
      path.current?.close();
      path.current = undefined;
      input.track.enabled = true;
      setProblem(failure);
      setStep('testing');
      return;
    }
    path.current.onBroken(() => void finish('path'));
    input.onTrouble(() => void finish('microphone'));
    setTime({ startedAtMs: feed.controllerNowMs(), limitMs: FIRST_LIMIT_MS });
    setStep('speaking');
  };

  const finish = async (why: SpeechEnd['why']): Promise<void> => {
    const draft = request.current;
    if (!draft) return;
    request.current = undefined;
    setMouth(false);
    setStep('ending');
    const sure = why === 'server' || (await endBroadcast(draft)) === 'ended';
    letGo();
    setEnd({ atMs: feed.controllerNowMs(), why, sure });
    setStep('over');
  };

  // The latest closures, for listeners that outlive a drawing.
  const latest = useRef({ finish, letGo, step });
  latest.current = { finish, letGo, step };

  useEffect(() => {
    if (!time || step !== 'speaking') return;
    return clock.every(500, () => {
      if (remainingMs(time, feed.controllerNowMs()) === 0) void latest.current.finish('time');
    });
  }, [time, step, clock, feed]);

  // Somebody else stopped it, or an emergency ended it.
  useEffect(
    () =>
      feed.subscribe(() => {
        const id = request.current?.broadcastId;
        const known = id ? feed.state().broadcasts.get(id) : undefined;
        if (known && known.endedAtMs !== null && latest.current.step === 'speaking') void latest.current.finish('server');
      }),
    [feed],
  );

  useEffect(() => {
    const warn = (event: BeforeUnloadEvent): void => {
      if (latest.current.step === 'speaking') event.preventDefault();
    };
    addEventListener('beforeunload', warn);
    return () => {
      removeEventListener('beforeunload', warn);
      if (latest.current.step === 'speaking') void latest.current.finish('asked');
      else latest.current.letGo();
    };
  }, []);

  return {
    step,
    input,
    trouble,
    preview,
    problem,
    time,
    open,
    end,
    broadcastId: request.current?.broadcastId,
    test,
    start,
    setMouth,
    finish: () => finish('asked'),
    addTime: () => setTime((current) => current && extended(current)),
    back: () => {
      letGo();
      setStep('places');
    },
  };
}

export type LiveSpeech = ReturnType<typeof useLiveSpeech>;
