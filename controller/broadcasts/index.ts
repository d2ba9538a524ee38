export { type Broadcasts, type BroadcastsDeps, createBroadcasts } from './broadcasts.ts';
export { type Clash, clashOf, type PlannedPlaying } from './clash.ts';
export { defaultLatestStartMs } from './contender.ts';
export type { Requester } from './intake.ts';
export type { AirableBulletin, BulletinLibrary } from './library.ts';
export { putBackChange } from './put-back.ts';
export type { EndReason } from './record.ts';
export { broadcastRoutes } from './routes.ts';
export { REASONS } from './words.ts';
