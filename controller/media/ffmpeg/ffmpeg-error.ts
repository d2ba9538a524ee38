/** ffmpeg or one of its kin did not do what was asked. `stderr` holds its last lines, for the log and to find the reason. */
export class FfmpegError extends Error {
  override readonly name = 'FfmpegError';
  readonly stderr: string;
  /** 'limit': it wanted more than it may have. 'killed': somebody ended it before that. */
  readonly reason: 'failed' | 'killed' | 'limit' | 'missing';

  constructor(reason: FfmpegError['reason'], message: string, stderr: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
    this.stderr = stderr;
  }
}
