import type { Clock, Timer } from '../clock.ts';
import { AppError } from '../errors.ts';
import type { AppEvents } from '../events.ts';
import type { Logger } from '../telemetry/logger.ts';
import { fellBehind, fullForSpeakers, inLongPackets, inShortPackets, keepsUpAgain, roomAgain } from './load-conditions.ts';
import { fillSpeed, livePacketMs, pathsMax, SHORTEST_PACKET_MS, type WorkerLoad } from './worker-limits.ts';

/** What is looked at in a media worker. */
export interface LoadedWorker {
  readonly index: number;
  isAlive(): boolean;
  load(): WorkerLoad;
  /** It has not taken in yet what was sent to it more than a second ago. */
  isBehind(): boolean;
}

export interface DistributorLoadDeps {
  workers(): readonly LoadedWorker[];
  /** Never more speakers than this in a worker, however little a packet costs. */
  maxPathsPerWorker?: number | undefined;
  clock: Clock;
  logger: Logger;
  onCondition(condition: AppEvents['system.condition']): void;
}

const LOOK_MS = 1000;
/** A speaker that was turned away asks again after 5 s or more; when none does any longer, there is room. */
const FULL_LASTS_MS = 60_000;
/** Behind for so many looks in a row: many speakers that come at once are worked off sooner. */
const BEHIND_LOOKS = 3;
/** Caught up for so many looks, a worker counts as keeping up again. */
const CAUGHT_UP_LOOKS = 3;

/** How much the media workers have to carry, what follows from it, and that people are told. */
export class DistributorLoad {
  #deps: DistributorLoadDeps;
  #timer: Timer | undefined;
  #livePacketMs = SHORTEST_PACKET_MS;
  #refusedAtMs: number | undefined;
  /** Worker index → looks in a row at which it was as it is not told to be. */
  #looks = new Map<number, number>();
  #toldBehind = new Set<number>();

  constructor(deps: DistributorLoadDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#timer = this.#deps.clock.every('load of the media workers', LOOK_MS, () => this.#look());
  }

  close(): void {
    this.#timer?.cancel();
  }

  livePacketMs(): number {
    return this.#livePacketMs;
  }

  fillSpeed(packetMs: number): number {
    const nobody = fillSpeed({ paths: 1, packetUs: 1 }, packetMs);
    return Math.min(nobody, ...this.#alive().map((worker) => fillSpeed(worker.load(), packetMs)));
  }

  /**
   * For a speaker that has a place reserved in it already.
   * @throws AppError `distribution.full`: one speaker more would take sound from the others
   */
  requireRoom(worker: LoadedWorker): void {
    const { paths, packetUs } = worker.load();
    const most = Math.min(pathsMax(packetUs), this.#deps.maxPathsPerWorker ?? Number.POSITIVE_INFINITY);
    if (paths <= most) return;
    const { clock, logger, onCondition } = this.#deps;
    if (this.#refusedAtMs === undefined) logger.warn({ paths, most, packetUs }, 'no room for another speaker in the media workers');
    this.#refusedAtMs = clock.monotonicMs();
    const words = fullForSpeakers(most * this.#alive().length);
    onCondition({ ...words, state: 'raised' });
    throw new AppError({ code: 'distribution.full', status: 503, words, details: { paths, most } });
  }

  #look(): void {
    this.#lookAtPackets();
    this.#lookAtRoom();
    for (const worker of this.#deps.workers()) this.#lookAtLag(worker);
  }

  #lookAtPackets(): void {
    const before = this.#livePacketMs;
    const loads = this.#alive().map((worker) => worker.load());
    const packetMs = Math.max(SHORTEST_PACKET_MS, ...loads.map((load) => livePacketMs(load, before)));
    if (packetMs === before) return;
    this.#livePacketMs = packetMs;
    const paths = Math.max(0, ...loads.map((load) => load.paths));
    this.#deps.logger.info({ packetMs, paths }, 'length of live packets changed');
    const isLong = packetMs > SHORTEST_PACKET_MS;
    this.#deps.onCondition(isLong ? { ...inLongPackets(paths, packetMs), state: 'raised' } : { ...inShortPackets(), state: 'cleared' });
  }

  #lookAtRoom(): void {
    if (this.#refusedAtMs === undefined || this.#deps.clock.monotonicMs() - this.#refusedAtMs < FULL_LASTS_MS) return;
    this.#refusedAtMs = undefined;
    this.#deps.onCondition({ ...roomAgain(), state: 'cleared' });
  }

  #lookAtLag(worker: LoadedWorker): void {
    const { index } = worker;
    const isTold = this.#toldBehind.has(index);
    const looks = worker.isBehind() === isTold ? 0 : (this.#looks.get(index) ?? 0) + 1;
    this.#looks.set(index, looks);
    if (looks < (isTold ? CAUGHT_UP_LOOKS : BEHIND_LOOKS)) return;
    this.#looks.set(index, 0);
    if (isTold) this.#toldBehind.delete(index);
    else this.#toldBehind.add(index);
    this.#deps.onCondition(isTold ? { ...keepsUpAgain(index), state: 'cleared' } : { ...fellBehind(index), state: 'raised' });
  }

  #alive(): LoadedWorker[] {
    return this.#deps.workers().filter((worker) => worker.isAlive());
  }
}
