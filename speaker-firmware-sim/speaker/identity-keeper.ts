import type { SecureContext } from 'node:tls';
import type { ClaimCode } from '../../controller/protocol/enrolment.ts';
import type { Clock, Timer } from '../clock.ts';
import type { Random } from '../random.ts';
import { credentialsOf, type TlsTicket } from './control-connection.ts';
import { EnrolmentError, enrol } from './enrolment.ts';
import type { Identity, IdentityStore } from './identity.ts';

const RETRY_MS = 10_000;
const TOO_MANY_REQUESTS = 429;

interface Options {
  speakerId: string;
  claim: ClaimCode | undefined;
  device: { model: string; firmware: string };
  identities: IdentityStore;
  clock: Clock;
  random: Random;
  log(level: 'info' | 'warn', message: string): void;
  /** The identity is there: the device may connect. */
  onReady(): void;
}

/** Loads the device's identity, or gets one for its claim code, and tries again as long as that makes sense. */
export class IdentityKeeper {
  readonly #options: Options;
  #retry: Timer | undefined;
  #wanted = false;
  #identity: Identity | undefined;
  #credentials: SecureContext | undefined;
  /** Of the newest TLS session; gone with the power. */
  ticket: TlsTicket = { session: undefined };
  enrolments = 0;

  constructor(options: Options) {
    this.#options = options;
  }

  /** Only after `onReady`. */
  get identity(): Identity {
    if (!this.#identity) throw new Error(`${this.#options.speakerId} has no identity yet`);
    return this.#identity;
  }
  get credentials(): SecureContext {
    this.#credentials ??= credentialsOf(this.identity);
    return this.#credentials;
  }

  /** Resolves when the first attempt has ended, well or not. */
  async start(): Promise<void> {
    this.#wanted = true;
    await this.#attempt();
  }

  stop(): void {
    this.#wanted = false;
    this.#retry?.cancel();
    this.ticket = { session: undefined };
  }

  async #attempt(): Promise<void> {
    const { speakerId, claim, device, identities, clock, random, log, onReady } = this.#options;
    try {
      this.#identity ??= identities.load(speakerId);
      if (!this.#identity) {
        if (!claim) throw new EnrolmentError('neither an identity nor a claim code');
        this.#identity = await enrol(claim, device, () => clock.nowMs());
        this.enrolments++;
        identities.save(this.#identity);
      }
      if (this.#wanted) onReady();
    } catch (error) {
      log('warn', `${speakerId} is not enrolled: ${(error as Error).message}`);
      const status = error instanceof EnrolmentError ? error.status : undefined;
      const refused = status !== undefined && status < 500 && status !== TOO_MANY_REQUESTS;
      if (this.#wanted && !refused) {
        this.#retry = clock.after('enrol', RETRY_MS * (0.5 + random.next()), () => void this.#attempt());
      }
    }
  }
}
