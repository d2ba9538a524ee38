/** ffmpeg did not do what was asked. `stderr` holds its last lines, for the log and to find the reason. */
export class FfmpegError extends Error {
  override readonly name = 'FfmpegError';
  readonly stderr: string;
  readonly reason: 'failed' | 'killed' | 'missing';

  constructor(reason: FfmpegError['reason'], message: string, stderr: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
    this.stderr = stderr;
  }
}
