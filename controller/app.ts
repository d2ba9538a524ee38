import './thread-pool.ts';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { accountsRoutes, createAccounts, createAuditTrail, type FirstLogIn, firstLogInFile, sessionToken } from './accounts/index.ts';
import { createAir, createAiredCopies, createAiredCopyStore } from './air/index.ts';
import { broadcastRoutes, createBroadcasts } from './broadcasts/index.ts';
import { type Clock, SystemClock } from './clock.ts';
import { followClockSteps } from './clock-steps.ts';
import { type Config, inBrackets } from './config.ts';
import { openDatabase } from './database.ts';
import { requirePurpose } from './demo/index.ts';
import { createDistributor, microphoneRoutes } from './distribution/index.ts';
import { createEngines, redisCondition } from './engines.ts';
import { type AppError, errorText } from './errors.ts';
import { createEvents } from './events.ts';
import { createFaults, faultRoutes } from './faults/index.ts';
import { createHttpApp, createLiveFeed } from './http/index.ts';
import type { AnyRoute } from './http/route.ts';
import { createInventory, inventoryRoutes } from './inventory/index.ts';
import { createJobs } from './jobs/index.ts';
import { createMedia, createRelayOpener } from './media/index.ts';
import { createOffload } from './offload/index.ts';
import type { OffloadTasks } from './offload-tasks.ts';
import { listenAddresses, openDataDirectory, ownAddress, requireListenAddress } from './processes/index.ts';
import { createProgrammes, programmeRoutes } from './programmes/index.ts';
import { createSchedules, readCommuneFile, scheduleRoutes } from './schedules/index.ts';
import { createServerDesk } from './server-desk.ts';
import { createSettings, settingsRoutes } from './settings/index.ts';
import { createSpeakers, hasEnrolledSpeakers, speakerRoutes } from './speakers/index.ts';
import { createLocalJournal, createQuarantine, describeDatabase } from './store/index.ts';
import { createConditions } from './telemetry/conditions.ts';
import { createDiskSpace } from './telemetry/disk-space.ts';
import { createHealth } from './telemetry/health.ts';
import { createLogger, type Logger } from './telemetry/logger.ts';
import { createLoopWatch } from './telemetry/loop-watch.ts';
import { createMetrics } from './telemetry/metrics.ts';
import { telemetryRoutes } from './telemetry/routes.ts';
import { createCertificateAuthority, tlsRoutes } from './tls/index.ts';

const PROJECT = path.resolve(import.meta.dirname, '..');
const CONSOLE_FOLDER = path.join(PROJECT, 'web-console/dist');
/** The commune's own schedules; the demo's and the examples lie below. */
export const SCHEDULES_FOLDER = path.join(PROJECT, 'schedules');
/** Planning looks two days ahead; a minute is soon enough for what a person changes. */
const PLAN_PERIOD_MS = 60_000;
/** What was found at the start is said for a day: nobody has to do anything to be rid of it. */
const FINDING_SHOWN_MS = 86_400_000;
const version: string = JSON.parse(readFileSync(path.join(PROJECT, 'package.json'), 'utf8')).version;

export interface AppOverrides {
  clock?: Clock;
  logger?: Logger;
  /** Calls a minute from one address; tests raise it. */
  callsPerMinute?: number;
  /** Another controller has taken the database: this one has to end. Unless told, it closes. */
  onYield?: (reason: AppError) => void;
  /** The data directory is this process's alone from now on. */
  onDataDirectory?: (path: string) => void;
}

/** What is running: the slices by name, for main, the demo and the tests. */
export type App = Awaited<ReturnType<typeof createApp>>;

/**
 * The composition root: every wire of the controller is in this function, in the order in which things start.
 * @throws AppError when the data directory can't be used
 */
export async function createApp(config: Config, overrides: AppOverrides = {}) {
  const logger = overrides.logger ?? createLogger({ level: config.logLevel });
  const systemClock = new SystemClock({
    onStep: (deltaMs) => events.emit('clock.stepped', { deltaMs, isHeld: false }),
    onHeld: (deltaMs) => events.emit('clock.stepped', { deltaMs, isHeld: true }),
  });
  const clock = overrides.clock ?? systemClock;
  const events = createEvents((name, error) => logger.error({ name, err: error }, 'a listener failed'));
  const raise = (condition: Parameters<typeof events.emit<'system.condition'>>[1]): void => events.emit('system.condition', condition);

  systemClock.start();
  const dataDirectory = await openDataDirectory({ path: config.dataDir, clock, logger });
  const dataDir = dataDirectory.path;
  overrides.onDataDirectory?.(dataDir);
  /** Whatever was started is closed in reverse order. */
  const started: { name: string; close(): Promise<void> | void }[] = [{ name: 'data directory', close: () => dataDirectory.close() }];
  const begin = async (name: string, slice: { start(): unknown; close(): Promise<void> | void }): Promise<void> => {
    started.push({ name, close: () => slice.close() });
    await slice.start();
  };
  const close = async (): Promise<void> => {
    for (const slice of started.splice(0).reverse()) {
      try {
        await slice.close();
      } catch (error) {
        logger.error({ slice: slice.name, err: error }, 'could not be closed in order');
      }
    }
    systemClock.close();
  };

  try {
    await requireListenAddress(config.listenAddress);
    // Ground: what everything else stands on.
    const metrics = createMetrics();
    started.push({ name: 'metrics', close: () => metrics.close() });
    const health = createHealth({ clock });
    const conditions = createConditions({ events, clock });
    await begin('conditions', conditions);
    dataDirectory.onFinding((finding) => raise({ ...finding, state: 'raised', untilMs: clock.nowMs() + FINDING_SHOWN_MS }));
    const diskSpace = createDiskSpace({ dataDirectory, clock, logger, onCondition: raise });
    await begin('disk space', diskSpace);
    const engines = createEngines({ config, dataDirectory, clock, logger, events });
    const authority = createCertificateAuthority({
      dataDir,
      clock,
      ...(overrides.clock ? {} : { nowMs: () => systemClock.systemMs() }),
      logger,
      communeName: config.communeName,
      publicAddresses: config.publicAddress ? [config.publicAddress] : [],
      hasEnrolled: async () => hasEnrolledSpeakers(await database),
      mayReplace: config.newAuthority,
      setAside: dataDirectory.setAside,
    });
    const distributor = createDistributor({
      mediaPorts: config.mediaPorts,
      listen: listenAddresses(config.listenAddress),
      ...(config.publicAddress ? { publicAddress: config.publicAddress } : {}),
      ...(config.workerBin ? { workerBin: config.workerBin } : {}),
      workerCount: config.mediaWorkers,
      clock,
      logger,
      onCondition: raise,
      registry: metrics.registry,
    });
    const journalFolder = path.join(dataDir, 'journal');
    const quarantine = createQuarantine({ folder: journalFolder, clock, logger, onCondition: raise });
    await begin('quarantine', quarantine);
    const onYield = overrides.onYield ?? (() => void close());
    const database = openDatabase({ engines, quarantine, clock, logger, begin, onYield, onCondition: raise });
    const [store] = await Promise.all([database, begin('certificate authority', authority), begin('distribution', distributor)]);
    const local = createLocalJournal({ folder: journalFolder, clock, logger, onCondition: raise });
    await begin('local journal', local);
    const place = config.databaseUrl ? describeDatabase(config.databaseUrl) : dataDir;
    await requirePurpose({ store, place, isDemo: config.demo.enabled });
    const audit = createAuditTrail({ store, local, clock, logger, events, dataDir });
    await begin('audit trail', audit);

    // People, places, content.
    const accounts = createAccounts({ store, local, audit, clock, logger });
    await begin('accounts', accounts);
    await begin('desk for the server', createServerDesk({ dataDir, store, quarantine, audit, accounts, clock, logger }));
    const firstLogIn: FirstLogIn | undefined = await accounts.ensureFirstAdministrator({ dataDir, username: 'admin' });
    const inventory = createInventory({ store, audit, clock });
    await begin('inventory', inventory);
    const settings = createSettings({ store, audit, clock, logger });
    await begin('settings', settings);
    const offload = createOffload<OffloadTasks>({ thread: new URL('./offload-thread.ts', import.meta.url), clock, logger });
    started.push({ name: 'offload', close: () => offload.close() });
    const media = createMedia({
      dataDir,
      clock,
      logger,
      sherpaModelDir: config.sherpaModelDir,
      readOut: (request) => offload.run('read-out', request),
      onCondition: raise,
    });
    await begin('media', media);
    const jobs = createJobs({
      connection: engines.redis(),
      clock,
      logger,
      onConnectionChange: (state, unreachable) => raise(redisCondition(state, unreachable)),
    });
    const programmes = createProgrammes({
      dataDir,
      store,
      jobs,
      media,
      events,
      clock,
      logger,
      bulletinUse: async (bulletinId) => ({
        onAir: broadcasts
          .active()
          .some((broadcast) => broadcast.content.kind === 'bulletin' && broadcast.content.bulletinId === bulletinId),
        schedules: schedules.namesUsing(bulletinId),
      }),
      onPrepared: (masterPaths) => air.keepAtHand(masterPaths),
      requireRoom: () => diskSpace.requireRoom(),
    });

    // The poles.
    const loopWatch = createLoopWatch({ clock, metrics, events, logger });
    const faults = createFaults({ store, events, clock, logger, metrics: metrics.registry });
    const speakers = createSpeakers({
      store,
      events,
      audit,
      clock,
      logger,
      metrics: metrics.registry,
      tls: authority,
      faults,
      commune: config.communeName,
      host: config.listenAddress,
      port: config.speakerPort,
      publicHost: inBrackets(config.publicAddress ?? ownAddress()),
      ownLatenessMs: (withinMs) => loopWatch.longestHoldMs(withinMs),
    });
    inventory.onClusterChanged(
      (cluster) => void speakers.clusterChanged(cluster.clusterId).catch((error) => logger.error({ err: error }, 'cluster change')),
    );

    // The air.
    const air = createAir({
      clock,
      logger,
      distributor,
      copies: createAiredCopies({
        dataDir,
        store: createAiredCopyStore({ store, clock, logger }),
        clock,
        logger,
        onCondition: raise,
        isDiskLow: () => diskSpace.isLow(),
        reserve: dataDirectory.reserves.copies,
      }),
      openRelay: createRelayOpener({ allowedNetworks: config.relayNetworks, logger }),
      onCondition: raise,
      registry: metrics.registry,
    });
    const broadcasts = createBroadcasts({
      store,
      local,
      clock,
      logger,
      events,
      audit,
      air,
      distributor,
      speakers: speakers.directory,
      inventory,
      bulletins: programmes,
      emergencySettings: () => settings.emergency(),
      dataDirectory: dataDir,
      timeZone: config.timeZone,
    });
    speakers.setMediaGranter(broadcasts.mediaGranter);
    speakers.setFindSent(broadcasts.sent);
    const schedules = createSchedules({
      store,
      clock,
      logger,
      audit,
      broadcasts,
      programmes,
      inventory,
      folder: SCHEDULES_FOLDER,
      subfolders: config.demo.enabled ? ['demo/schedules'] : [],
      timeZone: config.timeZone,
      onCondition: raise,
      computing: {
        faultOfRecurrence: (recurrence) => offload.run('recurrence-fault', recurrence),
        // Planning waits for nobody's preview.
        occurrences: (request) => offload.run('occurrences', request, { own: true }),
        readFiles: (folders) => offload.run('schedule-files', folders, { own: true }),
        withOverlaps: (playings) => offload.run('overlaps', playings),
      },
    });
    accounts.extendWhile((person) => broadcasts.isSpeaking(person.userId));

    jobs.define({ 'ingest-bulletin': programmes.ingestJob, 'plan-schedules': { concurrency: 1, handle: () => schedules.plan() } });
    await Promise.all([begin('air', air), begin('jobs', jobs), begin('faults', faults)]);
    await begin('programmes', programmes);
    await begin('speakers', speakers);
    await begin('broadcasts', broadcasts);
    // Before the schedules: the demo's name its hamlets.
    if (config.demo.enabled) {
      await inventory.importCommune(await readCommuneFile(path.join(SCHEDULES_FOLDER, 'demo/commune.yaml')), {
        userId: null,
        displayName: 'Demo',
      });
    }
    await begin('schedules', schedules);
    // Planning goes on without the queue, too.
    jobs
      .schedule('plan-schedules', {}, { key: 'plan', everyMs: PLAN_PERIOD_MS })
      .catch((error: unknown) =>
        logger.warn({ error: errorText(error) }, 'planning is not in the job queue; the schedules plan by themselves'),
      );

    systemClock.holdStepsWhile(() => broadcasts.active().some((broadcast) => broadcast.status === 'on_air'));
    started.push({ name: 'clock steps', close: followClockSteps({ events, logger, authority, plan: () => schedules.plan() }) });

    // The face.
    health.register('postgres', 'vital', () => store.isHealthy());
    health.register('redis', 'useful', () => jobs.isHealthy());
    health.register('media', 'air', async () => (await distributor.stats()).workers.length > 0);
    health.register('disk', 'vital', async () => ({ state: (await dataDirectory.freeBytes()) > 100 * 1024 * 1024 ? 'ok' : 'down' }));
    const liveFeed = createLiveFeed({
      events,
      snapshot: () => ({ broadcasts: broadcasts.activeInTurn(), speakers: speakers.directory.states(), conditions: conditions.current() }),
      clock,
      logger,
      accounts,
    });
    await begin('live feed', liveFeed);
    const routes: AnyRoute[] = [
      ...accountsRoutes({ accounts, auditTrail: audit }),
      ...inventoryRoutes(inventory),
      ...settingsRoutes({ settings, air, speakers: speakers.directory }),
      ...programmeRoutes(programmes, { maxUploadBytes: media.limits.maxFileBytes }),
      ...broadcastRoutes(broadcasts),
      ...microphoneRoutes({ distributor, accounts }),
      ...scheduleRoutes(schedules),
      ...speakerRoutes({ speakers, faults, store, clock }),
      ...faultRoutes(faults, clock),
      ...tlsRoutes(authority),
      ...telemetryRoutes({
        health,
        metrics,
        whoIs: async (request) => (await accounts.authenticate(sessionToken(request.headers)))?.actor,
        ...(config.metricsToken ? { metricsToken: config.metricsToken } : {}),
      }),
    ];
    const http = createHttpApp({
      tls: authority,
      routes,
      accounts,
      audit,
      clock,
      logger,
      metrics,
      staticDir: CONSOLE_FOLDER,
      version,
      liveFeed,
      ...(overrides.callsPerMinute ? { callsPerMinute: overrides.callsPerMinute } : {}),
    });
    started.push({ name: 'http', close: () => http.close() });
    const { port: httpsPort } = await http.start({ host: config.listenAddress, port: config.httpsPort, option: '--https-port' });
    // Last: starting is work, too, and nothing is on the air yet.
    await begin('event loop watch', loopWatch);

    return {
      close,
      httpsPort,
      speakerPort: speakers.port(),
      firstLogIn,
      firstLogInFile: firstLogInFile(dataDir),
      routes,
      inject: http.inject,
      clock,
      logger,
      events,
      engines,
      store,
      authority,
      accounts,
      inventory,
      programmes,
      speakers,
      faults,
      distributor,
      broadcasts,
      schedules,
      conditions,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
