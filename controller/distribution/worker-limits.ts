/**
 * What a media worker can be asked for, from its paths and what a packet costs it. It runs on one core, and its cost falls with packets a second:
 * longer packets first, then no further speaker. Pure.
 */

/** Lengths of live packets, ms, shortest delay first. */
const LIVE_PACKET_MS = [20, 40, 60];
export const SHORTEST_PACKET_MS = 20;
const LONGEST_PACKET_MS = 60;

/**
 * Live sound to everybody may take this share of the core. With a worker on each core the rest is for the process that feeds them, for repairs, and for a
 * second programme. 2 000 sockets on two cores that did other work, too: 99.9 to 100 % on time in 40 and 60 ms packets, 7 to 93 % in 20 ms ones, which
 * took a share of 0.5 to 0.6.
 */
const LIVE_SHARE = 0.3;
/** More speakers than this share carries with the longest packets are turned away. */
const FULL_SHARE = 0.8;
/** An emergency that is sent ahead may take this much: it is short, and nothing else matters. */
const EMERGENCY_SHARE = 0.8;
/** A length is left for a shorter one only when that fits this well: at the border nothing flutters. */
const EASE = 0.85;

export interface WorkerLoad {
  /** Speakers with a path in it. */
  paths: number;
  /** Processor time for one packet to one speaker. */
  packetUs: number;
}

/** Share of a core that a stream of such packets to all speakers of the worker takes. */
export function streamShare({ paths, packetUs }: WorkerLoad, packetMs: number): number {
  return (paths * packetUs) / (1000 * packetMs);
}

/** @param beforeMs what was answered last */
export function livePacketMs(load: WorkerLoad, beforeMs: number): number {
  const fits = (packetMs: number): boolean => streamShare(load, packetMs) <= LIVE_SHARE * (packetMs < beforeMs ? EASE : 1);
  return LIVE_PACKET_MS.find(fits) ?? LONGEST_PACKET_MS;
}

/** How many times real time a programme in such packets may be sent to all speakers at once; never slower than real time. */
export function fillSpeed(load: WorkerLoad, packetMs: number): number {
  return Math.max(1, EMERGENCY_SHARE / streamShare({ ...load, paths: Math.max(1, load.paths) }, packetMs));
}

/** Speakers that a worker carries. */
export function pathsMax(packetUs: number): number {
  return Math.floor(FULL_SHARE / streamShare({ paths: 1, packetUs }, LONGEST_PACKET_MS));
}
