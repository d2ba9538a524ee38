import type { SecureContext } from 'node:tls';
import type { ClaimCode } from '../../controller/protocol/enrolment.ts';
import type { Clock, Timer } from '../clock.ts';
import type { Random } from '../random.ts';
import { credentialsOf, type TlsTicket } from './control-connection.ts';
import { EnrolmentError, enrol, prepareEnrolment } from './enrolment.ts';
import { hashOfClaim, type Identity, type IdentityStore } from './identity.ts';

/** An answer that got lost, or a controller that is busy: again after 5 to 15 s. */
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
  #abort = new AbortController();
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
    this.#abort = new AbortController();
    await this.#attempt(this.#abort.signal);
  }

  stop(): void {
    this.#retry?.cancel();
    this.#abort.abort();
    this.ticket = { session: undefined };
  }

  /** `off`: the power goes. */
  async #attempt(off: AbortSignal): Promise<void> {
    const { speakerId, claim, identities, clock, random, log } = this.#options;
    try {
      this.#identity ??= identities.load(speakerId);
      if (!this.#identity && !claim) throw new EnrolmentError('neither an identity nor a claim code');
      if (claim && this.#identity?.claimSha256 !== hashOfClaim(claim.claim)) await this.#enrol(claim, off);
    } catch (error) {
      if (off.aborted) return;
      log('warn', `${speakerId} is not enrolled: ${(error as Error).message}`);
      const { status, retryAfterMs } = error instanceof EnrolmentError ? error : {};
      const refused = status !== undefined && status < 500 && status !== TOO_MANY_REQUESTS;
      if (!refused) {
        const waitMs = (retryAfterMs ?? 0) + RETRY_MS * (0.5 + random.next());
        this.#retry = clock.after('enrol', waitMs, () => void this.#attempt(off));
        return;
      }
      identities.forgetEnrolment(speakerId);
    }
    // A claim that is of no use takes nothing from a device that has an identity.
    if (!off.aborted && this.#identity) this.#options.onReady();
  }

  /** Key and request lie in storage before they are sent: a power cut, or an answer that got lost, costs neither the claim nor the certificate. */
  async #enrol(claim: ClaimCode, off: AbortSignal): Promise<void> {
    const { speakerId, device, identities, clock } = this.#options;
    let pending = identities.loadEnrolment(speakerId);
    if (pending?.claimSha256 !== hashOfClaim(claim.claim)) {
      pending = await prepareEnrolment(claim, device);
      identities.saveEnrolment(speakerId, pending);
    }
    const identity = await enrol(claim, pending, () => clock.nowMs(), off);
    identities.save(identity);
    this.#identity = identity;
    this.#credentials = undefined;
    this.enrolments++;
  }
}
