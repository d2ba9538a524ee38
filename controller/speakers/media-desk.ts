import type { Clock } from '../clock.ts';
import { errorText } from '../errors.ts';
import type { SpeakerId } from '../protocol/ids.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { SpeakerConnection } from './connection.ts';
import type { SpeakerMediaGranter } from './speaker-directory.ts';
import type { SpeakerRecord } from './speaker-record.ts';

/**
 * A media path outlives a broken control channel: an emergency must still sound. After this long without one it is given back.
 */
export const KEEP_PATH_MS = 600_000;

interface MediaDeskOptions {
  clock: Clock;
  logger: Logger;
}

/** Gets media paths for the speakers that ask, one request at a time for each, and gives them back. */
export class MediaDesk {
  readonly #options: MediaDeskOptions;
  readonly #underWay = new Set<SpeakerId>();
  #granter: SpeakerMediaGranter | undefined;

  constructor(options: MediaDeskOptions) {
    this.#options = options;
  }

  /** Until this is called every request is answered `unavailable`. */
  setGranter(granter: SpeakerMediaGranter): void {
    this.#granter = granter;
  }

  async request(record: SpeakerRecord, connection: SpeakerConnection, toSeq: number): Promise<void> {
    const { speakerId } = record.roster;
    if (!this.#granter) return connection.refuse('unavailable', toSeq, 'the media plane is not ready');
    if (this.#underWay.has(speakerId)) return connection.refuse('rate_limited', toSeq, 'a media path is on its way');
    this.#underWay.add(speakerId);
    try {
      const grant = await this.#granter.grant(speakerId, record.hello?.families ?? ['ipv4'], connection.reachedAt);
      record.hasMediaPath = true;
      connection.send({ type: 'media.setup', grant });
    } catch (error) {
      this.#options.logger.warn({ speakerId, error: errorText(error) }, 'no media path for a speaker');
      connection.refuse('unavailable', toSeq, 'no media path now');
    } finally {
      this.#underWay.delete(speakerId);
    }
  }

  release(record: SpeakerRecord): void {
    if (!record.hasMediaPath) return;
    record.hasMediaPath = false;
    try {
      this.#granter?.release(record.roster.speakerId);
    } catch (error) {
      this.#options.logger.warn({ speakerId: record.roster.speakerId, error: errorText(error) }, 'a media path could not be given back');
    }
  }

  /** Gives back the path of a speaker that has been without a control channel for long. */
  releaseIfLongGone(record: SpeakerRecord): void {
    if (!record.connection && record.hasMediaPath && this.#options.clock.monotonicMs() - record.disconnectedAtMs > KEEP_PATH_MS)
      this.release(record);
  }
}
