import type { FfmpegError } from './ffmpeg-error.ts';

/** How a program under limited.sh ended. */
export interface ToolEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
  stderr: string;
}

const FROM_OUTSIDE: readonly string[] = ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'];
const SIGXCPU = 24;

/**
 * Why a program failed. The difference counts: a limit is the recording's fault and would be met again; a kill (the administrator, a machine
 * without memory) is nobody's, and the next attempt succeeds. Pure.
 */
export function reasonOf({ code, signal, stderr }: ToolEnd): FfmpegError['reason'] {
  if (code === 126 || code === 127) return 'missing';
  // 137: timeout's own word for its wall limit. 123: ffmpeg after the fourth SIGXCPU; at the first it tries to end in order.
  if (code === 137 || code === 123 || signal === 'SIGXCPU' || signal === 'SIGXFSZ') return 'limit';
  const caught = /^Exiting normally, received signal (\d+)\.$/m.exec(stderr)?.[1];
  if (caught !== undefined) return Number(caught) === SIGXCPU ? 'limit' : 'killed';
  return signal !== null && FROM_OUTSIDE.includes(signal) ? 'killed' : 'failed';
}
