export type OggErrorReason = 'not_ogg' | 'corrupt' | 'truncated' | 'unsupported' | 'too_large';

/** A file that is no Ogg Opus stream we play. `offset` is where in the file it was noticed, in bytes. */
export class OggError extends Error {
  override readonly name = 'OggError';
  readonly reason: OggErrorReason;
  readonly offset: number;

  constructor(reason: OggErrorReason, message: string, offset: number) {
    super(`${message} (at byte ${offset})`);
    this.reason = reason;
    this.offset = offset;
  }
}
