import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { FirstLogIn } from '../accounts/index.ts';
import type { Broadcasts } from '../broadcasts/index.ts';
import type { Clock } from '../clock.ts';
import { type Config, inBrackets } from '../config.ts';
import { errorText, type Words } from '../errors.ts';
import type { Events } from '../events.ts';
import type { Faults } from '../faults/index.ts';
import type { Inventory } from '../inventory/index.ts';
import type { Programmes } from '../programmes/index.ts';
import { groupConditions } from '../protocol/condition-groups.ts';
import type { Schedules } from '../schedules/index.ts';
import type { Speakers } from '../speakers/index.ts';
import type { Store } from '../store/index.ts';
import type { Conditions } from '../telemetry/conditions.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { CertificateAuthority } from '../tls/index.ts';
import { keepUsableIdentities } from './kept-identities.ts';
import { createDemoSeeder } from './seed.ts';
import { createSimulatedSpeakers, type SimulatedSpeakers } from './simulated-speakers.ts';
import { createTerminalPainter } from './terminal-painter.ts';
import { renderOpening, renderTerminal, type TerminalState } from './terminal-view.ts';

const CONNECT_PATIENCE_MS = 120_000;
const LOOK_MS = 200;
const FIRST_USERNAME = 'admin';
/** Decoding every speaker would cost the two cores more than the whole controller; a share proves that sound is there. */
const DECODE_SHARE = 0.1;

const STEPS = {
  places: { vi: 'Đang tạo xã mẫu: 15 ấp, 60 cụm loa', en: 'Making the demo commune: 15 hamlets, 60 clusters' },
  connecting: { vi: 'Các loa mô phỏng đang kết nối', en: 'Simulated speakers are connecting' },
  bulletins: { vi: 'Đang làm bản tin mẫu (giọng đọc máy và một tệp MP3)', en: 'Making the sample bulletins (offline voice and an MP3)' },
} as const satisfies Record<string, Words>;

export interface Demo {
  /** Shows the terminal view; with the demo switched on also fills the commune and puts something on air. Resolves when it is planned. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** The running controller, as far as the demo uses it. */
interface Running {
  clock: Clock;
  logger: Logger;
  events: Events;
  store: Store;
  authority: Pick<CertificateAuthority, 'caPem' | 'caSha256'>;
  inventory: Inventory;
  programmes: Programmes;
  schedules: Schedules;
  speakers: Speakers;
  faults: Faults;
  broadcasts: Broadcasts;
  conditions: Conditions;
  httpsPort: number;
  firstLogIn: FirstLogIn | undefined;
  firstLogInFile: string;
}

interface DemoDeps {
  app: Running;
  config: Config;
  output: { isTTY?: boolean | undefined; columns?: number | undefined; write(text: string): unknown };
  schedulesFolder: string;
}

/** What `npm start` shows, and the commune it shows it with. */
export function createDemo({ app, config, output, schedulesFolder }: DemoDeps): Demo {
  const { clock, logger } = app;
  const ending = new AbortController();
  const identityDirectory = path.join(config.dataDir, 'demo', 'speakers');
  let simulator: SimulatedSpeakers | undefined;
  let step: Words | null = null;

  const state = (): TerminalState => {
    const active = app.broadcasts.active();
    const speakers = app.speakers.directory.states();
    return {
      communeName: config.communeName,
      consoleUrl: `https://${inBrackets(config.publicAddress ?? 'localhost')}:${app.httpsPort}`,
      authoritySha256: app.authority.caSha256(),
      // The file goes when the password is changed: from then on there is nothing to show.
      firstLogin: existsSync(app.firstLogInFile)
        ? { username: FIRST_USERNAME, password: app.firstLogIn?.password ?? null, file: app.firstLogInFile }
        : null,
      nowMs: clock.nowMs(),
      timeZone: config.timeZone,
      onAir: active.filter((one) => one.status === 'on_air'),
      isMuted: (clusterId) => speakers.some((one) => one.clusterId === clusterId && one.muted === true),
      next: active.filter((one) => one.status === 'planned' || one.status === 'preparing'),
      speakers: {
        enrolled: speakers.length,
        connected: speakers.filter((one) => one.rung !== 'offline').length,
        playing: speakers.filter((one) => one.rung === 'playing').length,
        faults: app.faults.openFaults().length,
      },
      simulator: simulator?.figures() ?? null,
      conditions: groupConditions(app.conditions.current(), clock.nowMs()).map(({ head }) => head),
      step,
    };
  };
  const painter = createTerminalPainter({
    clock,
    output,
    opening: () => renderOpening(state(), config.language),
    lines: () => renderTerminal(state(), config.language),
  });

  async function untilConnected(expected: number): Promise<void> {
    const giveUpAtMs = clock.monotonicMs() + CONNECT_PATIENCE_MS;
    const connected = (): number => simulator?.figures()?.receiving ?? 0;
    while (connected() < expected && simulator?.hasEnded() === false && clock.monotonicMs() < giveUpAtMs) {
      step = { vi: `${STEPS.connecting.vi}: ${connected()}/${expected}`, en: `${STEPS.connecting.en}: ${connected()}/${expected}` };
      await clock.sleep(LOOK_MS, ending.signal);
    }
  }

  async function fill(): Promise<void> {
    const inService = new Set(
      [...app.speakers.records()].filter((one) => one.roster.enrolledAtMs !== null).map((one) => one.roster.speakerId),
    );
    // What speakers kept for a database that was made anew is of no use.
    if (inService.size === 0) rmSync(identityDirectory, { recursive: true, force: true });
    const usable = keepUsableIdentities(identityDirectory, {
      controlUrl: app.speakers.controlUrl(),
      caPem: app.authority.caPem(),
      isInService: (speakerId) => inService.has(speakerId),
    });
    const seeder = createDemoSeeder({
      store: app.store,
      clock,
      inventory: app.inventory,
      programmes: app.programmes,
      schedules: app.schedules,
      issueClaim: (clusterId, speakerId) => app.speakers.issueClaim(clusterId, speakerId),
      needsClaim: (_clusterId, speakerId) => !usable.has(speakerId),
      folder: schedulesFolder,
      dataDir: config.dataDir,
      timeZone: config.timeZone,
      speakers: config.demo.speakers,
    });
    step = STEPS.places;
    const claims = await seeder.seedPlaces();
    simulator = createSimulatedSpeakers({
      claims,
      identityDirectory,
      network: config.demo.network,
      decodeShare: DECODE_SHARE,
      clock,
      logger,
      onExit(reason) {
        logger.error({ reason }, 'the simulated speakers ended');
        app.events.emit('system.condition', {
          code: 'demo.simulator',
          state: 'raised',
          vi: `Chương trình mô phỏng loa đã dừng (${reason}). Khởi động lại để có loa mô phỏng.`,
          en: `The simulated speakers ended (${reason}). Start again to have them back.`,
        });
      },
    });
    await simulator.start();
    step = STEPS.bulletins;
    await untilConnected(Math.min(config.demo.speakers, Math.max(claims.length, inService.size)));
    step = STEPS.bulletins;
    // Without them nobody would hear it; the condition says why.
    if (!simulator.hasEnded()) await seeder.playSoon(ending.signal);
    await seeder.prepareEmergency();
    step = null;
  }

  return {
    async start() {
      painter.start();
      if (!config.demo.enabled) return;
      try {
        await fill();
      } catch (error) {
        if (ending.signal.aborted) return;
        step = null;
        logger.error({ err: error }, 'the demo could not be set up');
        app.events.emit('system.condition', {
          code: 'demo.failed',
          state: 'raised',
          vi: `Không dựng được xã mẫu: ${errorText(error)}`,
          en: `The demo commune could not be set up: ${errorText(error)}`,
        });
      }
    },
    async close() {
      ending.abort(new Error('the controller is stopping'));
      painter.close();
      await simulator?.close();
    },
  };
}
