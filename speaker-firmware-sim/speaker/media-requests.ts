import type { FromSpeakerBody } from '../../controller/protocol/speaker-control.ts';
import type { Clock, Timer } from '../clock.ts';
import type { Random } from '../random.ts';

type Reason = Extract<FromSpeakerBody, { type: 'media.request' }>['reason'];

const RETRY_MS = 5000;

interface Options {
  clock: Clock;
  random: Random;
  send(body: FromSpeakerBody): void;
  isPathOpen(): boolean;
}

/** Asks for media paths, and again a little later when the controller could not give one. */
export class MediaRequests {
  readonly #options: Options;
  #retry: Timer | undefined;
  #hadPath = false;

  constructor(options: Options) {
    this.#options = options;
  }

  /** Always on a new connection: channels may have changed meanwhile. */
  connected(): void {
    this.ask(this.#hadPath ? 'controller_lost' : 'start');
  }

  ask(reason: Reason): void {
    this.#options.send({ type: 'media.request', reason });
  }

  pathOpened(): void {
    this.#hadPath = true;
  }

  notNow(): void {
    if (this.#options.isPathOpen()) return;
    this.#retry?.cancel();
    this.#retry = this.#options.clock.after('media retry', RETRY_MS * (1 + this.#options.random.next()), () => {
      if (!this.#options.isPathOpen()) this.ask('start');
    });
  }

  /** Power off. */
  forget(): void {
    this.#retry?.cancel();
    this.#hadPath = false;
  }
}
