import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { SystemClock } from '../../controller/clock.ts';
import type { ProfileName } from '../../speaker-firmware-sim/network/profiles.ts';
import type { FirstSound } from '../../speaker-firmware-sim/report/speaker-measurements.ts';
import { CommuneProcess } from '../support/commune-process.ts';
import type { BenchContext } from './bench-row.ts';
import type { Disturbance, FromFleet, Poles, ToFleet } from './fleet-process.ts';

const FLEET = fileURLToPath(new URL('./fleet-process.ts', import.meta.url));
const MEDIA_PORTS = '40000-44999';
/** A speaker whose clock runs ahead sounds a little before the instant. */
const EARLIEST_MS = 100;

type Answer<Done extends FromFleet['done']> = Extract<FromFleet, { done: Done }>;

/** A running fleet as the bench steers it. */
export interface BenchFleet {
  /** Since the last call of `reset`. */
  report(): Promise<Answer<'report'>>;
  reset(): Promise<void>;
  /** From now to the next report every speaker should sound: the report then divides that time by outages of the links. */
  watch(): Promise<void>;
  /** The link of every speaker becomes another. */
  network(network: ProfileName): Promise<void>;
  /** Something happens to poles; resolves when it is over. */
  disturb(what: Disturbance, poles: Poles, forMs: number): Promise<void>;
  readonly pid: number;
  /** Everything is about to fall silent: how long until each pole is connected again, and sounds again. */
  comeBack(limitMs: number): Promise<Answer<'come back'>>;
  /** Power off and on, all at once; resolves when all have their media path again. */
  restart(): Promise<void>;
  /** Collects first sounds from now on; `take` waits until so many speakers have sounded since an instant, or the limit is over. */
  firstSounds(): { take(speakers: number, sinceMs: number, limitMs: number): Promise<FirstSound[]> };
  /** Idempotent. Recordings are complete afterwards. */
  close(): Promise<void>;
}

/** A commune for benches: the controller as a process, as `npm start` starts it, and speakers in another. */
export class BenchCommune {
  readonly clock = new SystemClock();
  readonly commune: CommuneProcess;
  readonly speakers: number;
  #context: BenchContext;
  #fleets: BenchFleet[] = [];

  constructor(context: BenchContext, options: { hamlets: number; clustersPerHamlet: number; environment?: Record<string, string> }) {
    const { hamlets, clustersPerHamlet, environment } = options;
    this.#context = context;
    this.speakers = hamlets * clustersPerHamlet;
    this.commune = new CommuneProcess({
      hamlets,
      clustersPerHamlet,
      environment: { LOA_XA_LOG_LEVEL: 'info', LOA_XA_MEDIA_PORTS: MEDIA_PORTS, ...environment },
    });
  }

  async start(): Promise<void> {
    this.clock.start();
    const startMs = this.clock.monotonicMs();
    await this.commune.start();
    this.#context.log(`controller with ${this.speakers} clusters ready in ${seconds(this.clock.monotonicMs() - startMs)}`);
  }

  /** Starts the speakers on one network and waits until each has its media path and its clock has settled. */
  async startFleet(network: ProfileName, options: { settleMs: number; listen?: [string, string][] }): Promise<BenchFleet> {
    const child = fork(FLEET, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: ['--disable-warning=ExperimentalWarning'] });
    const fleet = fleetOf(child, this.clock);
    this.#fleets.push(fleet);
    const { tookMs } = await ask(child, {
      do: 'start',
      claims: this.commune.claims.join('\n'),
      identityDirectory: path.join(this.commune.dataDir, '../identities'),
      network,
      listen: options.listen ?? [],
    });
    this.#context.log(
      `${this.speakers} speakers on ${network} receiving after ${seconds(tookMs)}; settling for ${seconds(options.settleMs)}`,
    );
    await this.clock.sleep(options.settleMs);
    return fleet;
  }

  /** Ends everything that was started, also after a failure. */
  async close(): Promise<void> {
    for (const fleet of this.#fleets) await fleet.close().catch(() => undefined);
    await this.commune.close();
    this.clock.close();
  }
}

function fleetOf(child: ChildProcess, clock: SystemClock): BenchFleet {
  return {
    report: () => ask(child, { do: 'report' }),
    reset: async () => void (await ask(child, { do: 'reset' })),
    watch: async () => void (await ask(child, { do: 'watch' })),
    network: async (network) => void (await ask(child, { do: 'network', network })),
    disturb: async (what, poles, forMs) => void (await ask(child, { do: 'disturb', what, poles, forMs })),
    pid: child.pid ?? 0,
    comeBack: (limitMs) => ask(child, { do: 'come back', limitMs }),
    restart: async () => void (await ask(child, { do: 'restart' })),
    firstSounds() {
      const sounds: FirstSound[] = [];
      const note = (message: FromFleet): void => void (message.done === 'first sound' && sounds.push(message.sound));
      child.on('message', note);
      return {
        async take(speakers, sinceMs, limitMs) {
          const giveUpAtMs = clock.monotonicMs() + limitMs;
          // Sound from further back belongs to what was on air before.
          const own = (): FirstSound[] => sounds.filter(({ trueMs }) => trueMs >= sinceMs - EARLIEST_MS);
          const heard = (): number => new Set(own().map(({ speakerId }) => speakerId)).size;
          while (heard() < speakers && clock.monotonicMs() < giveUpAtMs) await clock.sleep(20);
          child.off('message', note);
          return own();
        },
      };
    },
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      if (child.connected) tell(child, { do: 'close' });
      const force = clock.after('end a fleet by force', 10_000, () => child.kill('SIGKILL'));
      await gone;
      force.cancel();
    },
  };
}

function tell(child: ChildProcess, order: ToFleet): void {
  child.send(order);
}

function ask<Do extends ToFleet['do']>(child: ChildProcess, order: Extract<ToFleet, { do: Do }>): Promise<Answer<Do>> {
  const answered = reply(child, order.do);
  tell(child, order);
  return answered;
}

function reply<Done extends FromFleet['done']>(child: ChildProcess, done: Done): Promise<Answer<Done>> {
  return new Promise((resolve, reject) => {
    const settle = (task: () => void): void => {
      child.off('message', onMessage);
      child.off('exit', onExit);
      task();
    };
    const onExit = (): void => settle(() => reject(new Error('the speakers of the bench ended')));
    const onMessage = (message: FromFleet): void => {
      if (message.done === 'failed') settle(() => reject(new Error(message.error)));
      if (message.done === done) settle(() => resolve(message as Answer<Done>));
    };
    child.on('message', onMessage);
    child.once('exit', onExit);
  });
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
