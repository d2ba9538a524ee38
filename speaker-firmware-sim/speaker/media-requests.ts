import type { FromSpeakerBody } from '../../controller/protocol/speaker-control.ts';
import type { Clock, Timer } from '../clock.ts';
import type { Random } from '../random.ts';

type Reason = Extract<FromSpeakerBody, { type: 'media.request' }>['reason'];

const RETRY_MS = 5000;

interface Options {
  clock: Clock;
  random: Random;
  /** The message's sequence number; undefined without a connection. */
  send(body: FromSpeakerBody): number | undefined;
}

/**
 * Asks for media paths, and again a little later when the controller could not give one, until it has given one. Whether the path that the speaker still has
 * looks open is no reason to stop asking: the controller may have let go of it long ago.
 */
export class MediaRequests {
  readonly #options: Options;
  #retry: Timer | undefined;
  #hadPath = false;
  /** The request that has no answer yet. */
  #waiting: { reason: Reason; seq: number } | undefined;

  constructor(options: Options) {
    this.#options = options;
  }

  /** Always on a new connection: channels may have changed meanwhile. */
  connected(): void {
    this.ask(this.#hadPath ? 'controller_lost' : 'start');
  }

  ask(reason: Reason): void {
    this.#retry?.cancel();
    const seq = this.#options.send({ type: 'media.request', reason });
    // Without a connection there is nothing to wait for: the next one begins with a request.
    this.#waiting = seq === undefined ? undefined : { reason, seq };
  }

  /** The controller has answered with a grant. */
  granted(): void {
    this.#retry?.cancel();
    this.#waiting = undefined;
  }

  pathOpened(): void {
    this.#hadPath = true;
  }

  /** The controller could not serve message `toSeq`; 0: one that it did not even read, which may have been ours. */
  refused(toSeq: number): void {
    if (this.#waiting && (toSeq === 0 || toSeq === this.#waiting.seq)) this.#askLater(this.#waiting.reason);
  }

  /** The grant could not be used. */
  failed(): void {
    this.#askLater('start');
  }

  /** Power off. */
  forget(): void {
    this.granted();
    this.#hadPath = false;
  }

  #askLater(reason: Reason): void {
    this.#retry?.cancel();
    this.#retry = this.#options.clock.after('media retry', RETRY_MS * (1 + this.#options.random.next()), () => this.ask(reason));
  }
}
