import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { BroadcastSummary } from '../../controller/protocol/broadcasts.ts';
import type { Bulletin } from '../../controller/protocol/programmes.ts';
import { ApiClient } from './api-client.ts';
import { makeScratchFolder } from './scratch-folder.ts';
import { until } from './until.ts';

const PROJECT = path.resolve(import.meta.dirname, '../..');
export const ADMINISTRATOR = { username: 'admin', password: 'Mot-mat-khau-dai-cho-thu-nghiem-7' };

/** Far below the API's rate limit. */
const API_POLL_MS = 250;
/** As `processes/data-directory.ts` has them. */
const RESERVES: readonly (readonly [string, number])[] = [
  ['postgres/reserve/start', 48 * 1024 * 1024],
  ['reserve/run', 4 * 1024 * 1024],
  ['reserve/copies', 16 * 1024 * 1024],
];

export interface CommuneOptions {
  hamlets?: number;
  clustersPerHamlet?: number;
  environment?: Record<string, string>;
  /** Where its data are; a scratch folder of its own when absent. */
  folder?: string;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * A whole commune as it runs in the field: the controller as a process (started exactly as `npm start` starts it, without the
 * demo), and simulated speakers as another that knows it only over the wire.
 */
export class CommuneProcess {
  readonly dataDir: string;
  readonly log: string[] = [];
  httpsPort = 0;
  speakerPort = 0;
  api!: ApiClient;
  controller: ChildProcess | undefined;
  simulator: ChildProcess | undefined;
  simulatorStatus: Record<string, unknown> = {};
  clusterIds: string[] = [];
  /** Lines of a claims file for the simulator. Secrets. */
  readonly claims: string[] = [];
  #options: CommuneOptions;
  #mediaPorts = '';

  constructor(options: CommuneOptions = {}) {
    this.#options = options;
    this.dataDir = path.join(options.folder ?? makeScratchFolder('commune'), 'data');
  }

  /** First start: administrator's password changed, places made, claim codes issued. */
  async start(): Promise<void> {
    // The private servers' account passes through; the scratch folder is this user's alone otherwise.
    chmodSync(path.dirname(this.dataDir), 0o711);
    this.httpsPort = await freePort();
    this.speakerPort = await freePort();
    const mediaStart = 30_000 + Math.floor(Math.random() * 100) * 100;
    this.#mediaPorts = `${mediaStart}-${mediaStart + 599}`;
    await this.startController();
    const [username = '', password = ''] = readFileSync(path.join(this.dataDir, 'first-login.txt'), 'utf8').split('\n');
    await this.api.signIn(username, password);
    await this.api.expect('POST', '/api/account/password', { currentPassword: password, newPassword: ADMINISTRATOR.password });
    await this.api.signIn(username, ADMINISTRATOR.password);
    const { hamlets = 2, clustersPerHamlet = 3 } = this.#options;
    for (let h = 1; h <= hamlets; h++) {
      const hamletId = `ap-${String(h).padStart(2, '0')}`;
      await this.api.expect('POST', '/api/hamlets', { hamletId, name: `Ấp ${h}`, position: h });
      for (let c = 1; c <= clustersPerHamlet; c++) {
        const clusterId = `${hamletId}-c${c}`;
        await this.api.expect('POST', '/api/clusters', { clusterId, hamletId, name: `Cụm ${c}, Ấp ${h}`, kind: 'ip' });
        const serial = `SIM-${String(this.clusterIds.length + 1).padStart(4, '0')}`;
        const { claimCode } = await this.api.expect<{ claimCode: string }>('POST', `/api/clusters/${clusterId}/speaker`, { serial });
        this.claims.push(JSON.stringify({ claimCode, hamletId }));
        this.clusterIds.push(clusterId);
      }
    }
  }

  /** Starts the controller (again) on the same data and waits until it answers. */
  async startController(): Promise<void> {
    const child = spawn(process.execPath, ['--max-semi-space-size=4', path.join(PROJECT, 'controller/main.ts')], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        MEDIASOUP_WORKER_BIN: process.env.MEDIASOUP_WORKER_BIN,
        NODE_NO_WARNINGS: '1',
        NODE_COMPILE_CACHE: path.join(tmpdir(), 'loa-xa-compiled'),
        LOA_XA_DATA_DIR: this.dataDir,
        LOA_XA_HTTPS_PORT: String(this.httpsPort),
        LOA_XA_SPEAKER_PORT: String(this.speakerPort),
        LOA_XA_MEDIA_PORTS: this.#mediaPorts,
        LOA_XA_PUBLIC_ADDRESS: 'localhost',
        LOA_XA_DEMO: '0',
        LOA_XA_LOG_LEVEL: 'debug',
        ...this.#options.environment,
      },
    });
    this.controller = child;
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', (line) => this.#note(line));
    const caFile = path.join(this.dataDir, 'tls/authority.pem');
    await until(
      'the controller answers',
      async () => {
        if (child.exitCode !== null) throw new Error(`the controller ended with ${child.exitCode}:\n${this.log.slice(-20).join('\n')}`);
        if (!existsSync(caFile)) return false;
        const caPem = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/.exec(readFileSync(caFile, 'utf8'))?.[0];
        if (!caPem) return false;
        this.api ??= new ApiClient({ port: this.httpsPort, caPem });
        try {
          return (await this.api.call('GET', '/health')).status === 200;
        } catch {
          return false;
        }
      },
      60_000,
      API_POLL_MS,
    );
  }

  #note(line: string): void {
    this.log.push(line);
    if (this.log.length > 5000) this.log.splice(0, 1000);
  }

  /** Log lines of the controller that hold the text. */
  logged(text: string): string[] {
    return this.log.filter((line) => line.includes(text));
  }

  /** Every process of the controller by name, for tests that kill them. */
  children(name: RegExp): number[] {
    const found: number[] = [];
    const visit = (pid: number): void => {
      const file = `/proc/${pid}/task/${pid}/children`;
      if (!existsSync(file)) return;
      for (const text of readFileSync(file, 'utf8').trim().split(' ').filter(Boolean)) {
        const child = Number(text);
        try {
          if (name.test(readFileSync(`/proc/${child}/cmdline`, 'utf8').replaceAll('\0', ' '))) found.push(child);
        } catch {
          // It ended while we were looking.
        }
        visit(child);
      }
    };
    if (this.controller?.pid) visit(this.controller.pid);
    return found;
  }

  /** The room for a start and for emergencies' copies: made within seconds where there is plenty. */
  hasReserves(): boolean {
    const sizeBytes = (name: string): number => statSync(path.join(this.dataDir, name), { throwIfNoEntry: false })?.size ?? 0;
    return RESERVES.every(([name, leastBytes]) => sizeBytes(name) >= leastBytes);
  }

  /** SIGKILL: no goodbye, as in a power cut. */
  async killController(): Promise<void> {
    const child = this.controller;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  async startSimulator(
    options: { network?: string; listen?: Record<string, string>; extra?: string[]; decode?: number } = {},
  ): Promise<void> {
    const folder = path.join(this.dataDir, '../simulator');
    mkdirSync(folder, { recursive: true });
    const listen = Object.entries(options.listen ?? {}).flatMap(([speaker, file]) => ['--listen', `${speaker}=${file}`]);
    const claims = path.join(folder, 'claims.txt');
    writeFileSync(claims, this.claims.join('\n'), { mode: 0o600 });
    const child = spawn(
      process.execPath,
      [
        path.join(PROJECT, 'speaker-firmware-sim/main.ts'),
        ...['--claims', claims, '--identity-dir', path.join(folder, 'identities'), '--network', options.network ?? 'lan', '--status-json'],
        ...['--json', this.simulatorReportFile, '--decode', String(options.decode ?? 0)],
        ...listen,
        ...(options.extra ?? []),
      ],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH, NODE_NO_WARNINGS: '1' } },
    );
    this.simulator = child;
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.simulatorStatus = JSON.parse(line) as Record<string, unknown>;
    });
    createInterface({ input: child.stderr }).on('line', (line) => this.#note(`simulator: ${line}`));
    await until(
      'all simulated speakers have their media path open',
      () => {
        if (child.exitCode !== null) throw new Error(`the simulator ended with ${child.exitCode}:\n${this.log.slice(-20).join('\n')}`);
        return this.simulatorStatus.receiving === this.clusterIds.length;
      },
      90_000,
    );
  }

  get simulatorReportFile(): string {
    return path.join(this.dataDir, '../simulator/report.json');
  }

  /** Ends the simulator in order: recordings and report are complete afterwards. */
  async stopSimulator(): Promise<void> {
    await stop(this.simulator);
    this.simulator = undefined;
  }

  async close(): Promise<void> {
    await stop(this.simulator);
    await stop(this.controller);
    this.api?.close();
  }

  async bulletinReady(bulletinId: string): Promise<Bulletin> {
    let bulletin: Bulletin | undefined;
    await until(
      'the bulletin is ready',
      async () => {
        bulletin = await this.api.expect<Bulletin>('GET', `/api/bulletins/${bulletinId}`);
        if (bulletin.status === 'failed') throw new Error(`bulletin failed: ${JSON.stringify(bulletin.failure)}`);
        return bulletin.status === 'ready';
      },
      90_000,
      API_POLL_MS,
    );
    return bulletin as Bulletin;
  }

  async bulletinFromText(title: string, text: string, bulletinClass = 'normal'): Promise<Bulletin> {
    const { bulletinId } = await this.api.expect<Bulletin>('POST', '/api/bulletins/from-text', { title, text, class: bulletinClass });
    return await this.bulletinReady(bulletinId);
  }

  broadcast(broadcastId: string): Promise<BroadcastSummary> {
    return this.api.expect<BroadcastSummary>('GET', `/api/broadcasts/${broadcastId}`);
  }

  async broadcastOver(broadcastId: string, limitMs = 90_000): Promise<BroadcastSummary> {
    let last: BroadcastSummary | undefined;
    await until(
      'the broadcast is over',
      async () => {
        last = await this.broadcast(broadcastId);
        return !['planned', 'preparing', 'on_air', 'preempted'].includes(last.status);
      },
      limitMs,
      API_POLL_MS,
    );
    return last as BroadcastSummary;
  }
}

async function stop(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const patience = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await gone;
  clearTimeout(patience);
}
