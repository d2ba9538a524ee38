import { isIPv6 } from 'node:net';
import { eq } from 'drizzle-orm';
import type { Registry } from 'prom-client';
import type { Audit } from '../accounts/audit.ts';
import type { Clock, Timer } from '../clock.ts';
import { AppError } from '../errors.ts';
import type { Events } from '../events.ts';
import { type Faults, OwnAbsence } from '../faults/index.ts';
import type { ClaimCode } from '../protocol/enrolment.ts';
import type { ClusterId, SpeakerId } from '../protocol/ids.ts';
import { CLOSE_CODES, DEFAULT_BEAT_PERIOD_MS, MISSED_BEATS_OFFLINE } from '../protocol/media.ts';
import { isSilenced } from '../protocol/volume.ts';
import { type Store, schema } from '../store/index.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type ConnectionAddress, type ControlSocket, SpeakerConnection } from './connection.ts';
import { ControlDesk } from './control-desk.ts';
import { Enrolment, type SpeakerTls } from './enrolment.ts';
import { FailureLimiter } from './failure-limiter.ts';
import { SpeakerGateway } from './gateway.ts';
import { MediaDesk } from './media-desk.ts';
import { createSpeakerMetrics } from './metrics.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { type FindSent, ReceiptDesk } from './receipt-desk.ts';
import { ReceiptInbox } from './receipt-inbox.ts';
import { ReconnectLimiter } from './reconnect-limiter.ts';
import { RefusedDevices } from './refused-devices.ts';
import { SpeakerRegistry } from './registry.ts';
import { readRoster } from './roster.ts';
import type { SpeakerDirectory, SpeakerMediaGranter } from './speaker-directory.ts';
import { allowForAbsence, isInService, liveState, type SpeakerRecord } from './speaker-record.ts';
import { TransitionJournal } from './transition-journal.ts';

/** Silence has to be in the consoles a second after the third missed beat; the live feed gathers changes for a quarter of it. */
const TICK_MS = 500;
const DEFAULT_PROBE_PERIOD_MS = 1000;
/** Wrong claims and unknown certificates from one address: a person's mistakes fit, a search doesn't. */
const FAILURES = { burst: 30, perSecond: 1 / 20 };

export interface SpeakersDeps {
  store: Store;
  events: Events;
  audit: Audit;
  clock: Clock;
  logger: Logger;
  metrics: Registry;
  tls: SpeakerTls;
  faults: Faults;
  /** The commune's name, as the speakers' welcome says it. */
  commune: string;
  /** Address of the speaker port; `::` takes IPv4 as well. */
  host: string;
  port: number;
  /** Host name or address under which speakers reach this controller, for claim codes. */
  publicHost: string;
  /** The port as seen from outside, where it differs from `port`. */
  publicPort?: number;
  /** For how long our own event loop was held at most within the last so many milliseconds; see LoopWatch. */
  ownLatenessMs?: (withinMs: number) => number;
  beatPeriodMs?: number;
  probePeriodMs?: number;
  /** How often one speaker may come back; RECONNECTS when absent. */
  reconnects?: { burst: number; perSecond: number };
}

export interface Speakers {
  start(): Promise<void>;
  close(): Promise<void>;
  directory: SpeakerDirectory;
  /** Broadcasts need the directory, and media requests need broadcasts: wired after both exist. */
  setMediaGranter(granter: SpeakerMediaGranter): void;
  /** The same for receipts, which are checked against what was sent; before, the speakers keep theirs. */
  setFindSent(find: FindSent): void;
  /** The speaker port, after start(). */
  port(): number;
  /** Where enrolled speakers call, after start(). */
  controlUrl(): string;
  /** The only time the claim can be seen. @throws AppError speakers.* */
  issueClaim(clusterId: ClusterId, speakerId: SpeakerId): Promise<ClaimCode>;
  /** Ends the connection and the certificate's power for good. @throws AppError speakers.no_speaker */
  revoke(speakerId: SpeakerId): Promise<void>;
  /** The cluster's name, place, volume or alignment was changed: reads it again and tells its speaker. */
  clusterChanged(clusterId: ClusterId): Promise<void>;
  /** A speaker that was authenticated by other means than the speaker port (tests, bench): frames go in, `socket` gets the answers. */
  converse(speakerId: SpeakerId, socket: ControlSocket, address: ConnectionAddress): SpeakerConnection;
  /** For routes. */
  records(): Iterable<SpeakerRecord>;
  record(speakerId: SpeakerId): SpeakerRecord;
}

/** Identity, control channel and live state of the commune's speakers. */
export function createSpeakers(deps: SpeakersDeps): Speakers {
  const { store, events, clock, logger, tls, faults } = deps;
  const metrics = createSpeakerMetrics(deps.metrics);
  const periods = {
    beatPeriodMs: deps.beatPeriodMs ?? DEFAULT_BEAT_PERIOD_MS,
    probePeriodMs: deps.probePeriodMs ?? DEFAULT_PROBE_PERIOD_MS,
  };
  const silentAfterMs = MISSED_BEATS_OFFLINE * periods.beatPeriodMs;
  const journal = new TransitionJournal({ store, clock, logger, metrics });
  const registry = new SpeakerRegistry({
    clock,
    events,
    beatPeriodMs: periods.beatPeriodMs,
    openFaults: (speakerId) => faults.open(speakerId),
    onTransition: (transition) => journal.record(transition),
  });
  const inbox = new ReceiptInbox({ store, events, clock, logger, metrics });
  const receipts = new ReceiptDesk({ inbox, clock, logger, metrics });
  const media = new MediaDesk({ clock, logger });
  const refused = new RefusedDevices(deps.audit, clock);
  const desk = new ControlDesk({
    commune: deps.commune,
    periods,
    clock,
    events,
    logger,
    metrics,
    registry,
    journal,
    receipts,
    media,
    faults,
    refused,
    ownLatenessMs: deps.ownLatenessMs ?? (() => 0),
  });
  const enrolment: Enrolment = new Enrolment({
    store,
    audit: deps.audit,
    clock,
    metrics,
    tls,
    publicHost: isIPv6(deps.publicHost) ? `[${deps.publicHost}]` : deps.publicHost,
    publicPort: (): number => deps.publicPort ?? gateway.port,
    onEnrolled: (speakerId) => reload(speakerId),
  });
  const failures = new FailureLimiter(FAILURES);
  const gateway: SpeakerGateway = new SpeakerGateway({
    host: deps.host,
    port: deps.port,
    tls,
    clock,
    logger,
    metrics,
    registry,
    enrolment,
    failures,
    reconnects: new ReconnectLimiter(deps.reconnects),
    refused,
    converse,
  });
  metrics.observeCounts(() => registry.counts());
  const absence = new OwnAbsence(TICK_MS);
  const ends: (() => void)[] = [];
  let ticking: Timer | undefined;

  const reload = oneAtATime(async (speakerId: SpeakerId): Promise<void> => {
    const [roster] = await readRoster(store, speakerId);
    if (!roster) {
      registry.get(speakerId)?.connection?.close(CLOSE_CODES.notEnrolled, 'removed');
      faults.forget(speakerId, 'removed');
      return registry.remove(speakerId);
    }
    const record = registry.put(roster);
    if (isInService(roster)) faults.watch(watchOf(record));
    if (roster.revokedAtMs !== null) putOutOfService(record);
    else record.connection?.send({ type: 'config', config: desk.configFor(record) });
  });

  function putOutOfService(record: SpeakerRecord): void {
    record.connection?.close(CLOSE_CODES.revoked, 'revoked');
    media.release(record);
    faults.forget(record.roster.speakerId, 'revoked');
  }

  function converse(speakerId: SpeakerId, socket: ControlSocket, address: ConnectionAddress): SpeakerConnection {
    const connection = new SpeakerConnection({ speakerId, ...address, socket, clock, metrics, listener: desk });
    connection.start();
    return connection;
  }

  function watchOf(record: SpeakerRecord) {
    const { speakerId, clusterId } = record.roster;
    return { speakerId, clusterId, isMuted: isSilenced(record.roster), beatPeriodMs: periods.beatPeriodMs };
  }

  /** Silence, and evidence that has grown old, show only by looking: one pass over all speakers. */
  function tick(): void {
    const nowMs = clock.monotonicMs();
    const absentMs = absence.before(nowMs);
    if (absentMs > 0) for (const record of registry.all()) allowForAbsence(record, absentMs, nowMs);
    for (const record of registry.all()) {
      if (record.connection && nowMs - record.heardSteadyMs >= silentAfterMs) record.connection.terminate('silent');
      if (record.rung !== 'offline') registry.refresh(record, 'evidence aged');
      media.releaseIfLongGone(record);
    }
  }

  function need(speakerId: SpeakerId): SpeakerRecord {
    const record = registry.get(speakerId);
    if (!record) throw noSpeaker(speakerId);
    return record;
  }

  return {
    async start() {
      for (const roster of await readRoster(store)) {
        const record = registry.put(roster);
        if (isInService(roster)) faults.watch(watchOf(record));
      }
      ends.push(
        events.on('fault.raised', ({ speakerId, code }) => registry.setFault(speakerId, code, 'raised')),
        events.on('fault.cleared', ({ speakerId, code }) => registry.setFault(speakerId, code, 'cleared')),
      );
      ticking = clock.every('speaker silence', TICK_MS, tick);
      await gateway.start();
    },
    async close() {
      ticking?.cancel();
      await gateway.close();
      await inbox.close();
      await journal.close();
      for (const end of ends.splice(0)) end();
    },
    directory: {
      states: () => registry.states(),
      state(speakerId) {
        const record = registry.get(speakerId);
        return record && isInService(record.roster) ? liveState(record) : undefined;
      },
      speakerOf(clusterId) {
        const record = registry.onCluster(clusterId);
        return record && isInService(record.roster) ? record.roster.speakerId : undefined;
      },
      clusterOf(speakerId) {
        const record = registry.get(speakerId);
        return record && { clusterId: record.roster.clusterId, hamletId: record.roster.hamletId };
      },
      wakeUpMs: (speakerId) => registry.get(speakerId)?.hello?.wakeUpMs ?? 0,
      isConnected: (speakerId) => registry.get(speakerId)?.connection?.isReady === true,
      askForSign: (speakerId) => registry.get(speakerId)?.connection?.askForSign(),
      send: (speakerId, message) => registry.get(speakerId)?.connection?.send(message) ?? false,
      playoutDelayMs: (speakerId, broadcastClass) => registry.playoutDelayMs(speakerId, broadcastClass),
      playsApart: (speakerId, broadcastClass) => registry.playsApart(speakerId, broadcastClass),
    },
    setMediaGranter: (granter) => media.setGranter(granter),
    setFindSent: (find) => receipts.setFindSent(find),
    port: () => gateway.port,
    controlUrl: () => enrolment.controlUrl,
    async issueClaim(clusterId, speakerId) {
      const before = registry.onCluster(clusterId)?.roster.speakerId;
      const code = await enrolment.issueClaim(clusterId, speakerId);
      if (before !== undefined && before !== speakerId) await reload(before);
      await reload(speakerId);
      return code;
    },
    async revoke(speakerId) {
      const record = need(speakerId);
      const { speakers } = schema;
      const revokedAtMs = clock.nowMs();
      await store.db
        .update(speakers)
        .set({ revokedAt: new Date(revokedAtMs), claimHash: null, claimExpiresAt: null })
        .where(eq(speakers.id, speakerId));
      // From here on, whether or not the store answers a second question.
      putOutOfService(registry.put({ ...record.roster, revokedAtMs }));
      await reload(speakerId);
    },
    async clusterChanged(clusterId) {
      const record = registry.onCluster(clusterId);
      if (record) await reload(record.roster.speakerId);
    },
    converse,
    records: () => registry.all(),
    record: need,
  };
}

function noSpeaker(speakerId: SpeakerId): AppError {
  return new AppError({
    code: 'speakers.no_speaker',
    status: 404,
    words: { vi: `Không có bộ thu ${speakerId}.`, en: `There is no speaker ${speakerId}.` },
  });
}
