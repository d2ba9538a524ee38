import { createHash } from 'node:crypto';
import { eq } from 'drizzle-orm';
import type { Audit } from '../accounts/audit.ts';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import type { ClaimCode, EnrolRequest, EnrolResponse } from '../protocol/enrolment.ts';
import type { ClusterId, SpeakerId } from '../protocol/ids.ts';
import { CONTROL_PATH } from '../protocol/media.ts';
import { type Store, schema } from '../store/index.ts';
import type { CertificateAuthority, DeviceCertificate } from '../tls/index.ts';
import { claimMatches, hashClaim, newClaim } from './claims.ts';
import { claimRefused, clusterTaken, noCluster, notIp, speakerElsewhere } from './enrolment-errors.ts';
import type { SpeakerMetrics } from './metrics.ts';

/** From the office to the pole, over a weekend. */
const CLAIM_LIFETIME_MS = 3 * 24 * 3600_000;
/** A device whose answer got lost asks again with the same request; within this time it gets the same answer. */
const REPEAT_WITHIN_MS = 600_000;

/** The part of the commune's certificate authority that speakers need. */
export type SpeakerTls = Pick<
  CertificateAuthority,
  'caPem' | 'caSha256' | 'serverCredentials' | 'onServerCredentials' | 'issueDeviceCertificate'
>;

interface EnrolmentOptions {
  store: Store;
  audit: Audit;
  clock: Clock;
  metrics: SpeakerMetrics;
  tls: SpeakerTls;
  /** Host name or address (an IPv6 address in brackets) and port under which speakers reach this controller. */
  publicHost: string;
  publicPort(): number;
  /** The roster has changed for this speaker. */
  onEnrolled(speakerId: SpeakerId): Promise<void>;
}

/** Turns a claim (shown once, used once) into a device certificate. */
export class Enrolment {
  readonly #options: EnrolmentOptions;

  constructor(options: EnrolmentOptions) {
    this.#options = options;
  }

  /** Where an enrolled speaker calls. */
  get controlUrl(): string {
    const { publicHost, publicPort } = this.#options;
    return `wss://${publicHost}:${publicPort()}${CONTROL_PATH}`;
  }

  /**
   * Makes a claim for the speaker with this serial number on this cluster; an older claim of it is void. The returned secret exists
   * nowhere else. A speaker in service keeps its certificate until the new claim is used.
   * @throws AppError speakers.no_cluster, speakers.not_ip, speakers.cluster_taken, speakers.speaker_elsewhere
   */
  async issueClaim(clusterId: ClusterId, speakerId: SpeakerId): Promise<ClaimCode> {
    const { store, clock, tls, publicHost, publicPort } = this.#options;
    const claim = newClaim();
    const { speakers, clusters } = schema;
    await store.db.transaction(async (tx) => {
      const [cluster] = await tx.select().from(clusters).where(eq(clusters.id, clusterId)).for('update');
      if (!cluster) throw noCluster(clusterId);
      if (cluster.kind !== 'ip') throw notIp(clusterId);
      // Locked, for it may be enrolling in this moment: its certificate must not lose its row.
      const [onCluster] = await tx.select().from(speakers).where(eq(speakers.clusterId, clusterId)).for('update');
      if (onCluster && onCluster.id !== speakerId) {
        if (onCluster.enrolledAt && !onCluster.revokedAt) throw clusterTaken(clusterId, onCluster.id);
        await tx.delete(speakers).where(eq(speakers.id, onCluster.id));
      }
      const [existing] = await tx.select().from(speakers).where(eq(speakers.id, speakerId)).for('update');
      if (existing && existing.clusterId !== clusterId && existing.enrolledAt && !existing.revokedAt) {
        throw speakerElsewhere(speakerId, existing.clusterId);
      }
      const fresh = {
        clusterId,
        claimHash: hashClaim(claim),
        claimExpiresAt: new Date(clock.nowMs() + CLAIM_LIFETIME_MS),
      };
      await tx
        .insert(speakers)
        .values({ id: speakerId, ...fresh })
        .onConflictDoUpdate({ target: speakers.id, set: fresh });
    });
    return { host: publicHost, port: publicPort(), speakerId, claim, caSha256: tls.caSha256() };
  }

  /**
   * Serves one enrolment request. Every failed claim looks the same from outside, whether the speaker is unknown or the secret wrong.
   * No number of wrong guesses makes a claim void: nobody guesses 80 random bits, but anybody could take a claim from its device that way.
   * `isRecorded` false: a refusal is left out of the audit trail, which keeps enough of them from this place.
   * @throws AppError speakers.claim_refused (403), or what the authority says of the certificate request
   */
  async enrol(request: EnrolRequest, ip: string, { isRecorded = true } = {}): Promise<EnrolResponse> {
    const { metrics, audit } = this.#options;
    const spent = await this.#spendClaim(request);
    metrics.enrolment(spent.result);
    if (!('response' in spent)) {
      if (isRecorded) await audit.record(entry(request.speakerId, 'speaker.enrolment_refused', ip, { why: spent.result }));
      if (spent.result === 'bad_request') throw spent.error;
      throw claimRefused();
    }
    if (spent.result === 'enrolled') {
      const detail = { model: request.model, firmware: request.firmware };
      // It has happened: if the trail can't be written now, the entry waits rather than the device.
      await audit.record(entry(request.speakerId, 'speaker.enrolled', ip, detail), { whenPossible: true });
    }
    await this.#options.onEnrolled(request.speakerId);
    return spent.response;
  }

  async #spendClaim(request: EnrolRequest): Promise<Spent> {
    const { store, clock, tls } = this.#options;
    const { speakers } = schema;
    const requestSha256 = createHash('sha256').update(`${request.claim}\n${request.csrPem}`).digest('hex');
    return await store.db.transaction(async (tx): Promise<Spent> => {
      const [speaker] = await tx.select().from(speakers).where(eq(speakers.id, request.speakerId)).for('update');
      const repeated = speaker && answerAgain(speaker, requestSha256, clock.nowMs());
      if (repeated) return { result: 'repeated', response: repeated };
      const right = claimMatches(request.claim, speaker?.claimHash ?? null);
      if (!speaker?.claimHash) return { result: 'no_claim' };
      if (!right) return { result: 'wrong_claim' };
      if ((speaker.claimExpiresAt?.getTime() ?? 0) <= clock.nowMs()) return { result: 'expired' };
      let issued: DeviceCertificate;
      try {
        issued = await tls.issueDeviceCertificate(request.csrPem, request.speakerId);
      } catch (error) {
        // The claim stays good: the device may send a proper request.
        if (error instanceof AppError && error.status < 500) return { result: 'bad_request', error };
        throw error;
      }
      const response: EnrolResponse = {
        certificatePem: issued.certificatePem,
        caPem: tls.caPem(),
        controlUrl: this.controlUrl,
        notAfterMs: issued.notAfterMs,
      };
      await tx
        .update(speakers)
        .set({
          claimHash: null,
          claimExpiresAt: null,
          certificateSha256: issued.sha256,
          certificateNotAfter: new Date(issued.notAfterMs),
          enrolledAt: new Date(clock.nowMs()),
          enrolRequestSha256: requestSha256,
          enrolResponse: response,
          revokedAt: null,
          model: request.model,
          firmware: request.firmware,
        })
        .where(eq(speakers.id, request.speakerId));
      return { result: 'enrolled', response };
    });
  }
}

type Spent =
  | { result: 'enrolled' | 'repeated'; response: EnrolResponse }
  | { result: 'bad_request'; error: AppError }
  | { result: 'no_claim' | 'wrong_claim' | 'expired' };

function entry(speakerId: SpeakerId, action: string, ip: string, detail: Record<string, unknown>) {
  return { actorId: null, actorName: `speaker ${speakerId}`, action, target: speakerId, ip, detail };
}

/** The answer that this very request got a little while ago, if its certificate is still the speaker's. */
function answerAgain(speaker: typeof schema.speakers.$inferSelect, requestSha256: string, nowMs: number): EnrolResponse | null {
  const { enrolledAt, revokedAt, enrolRequestSha256, enrolResponse } = speaker;
  const isFresh = enrolledAt !== null && nowMs - enrolledAt.getTime() < REPEAT_WITHIN_MS;
  return isFresh && revokedAt === null && enrolRequestSha256 === requestSha256 ? enrolResponse : null;
}
