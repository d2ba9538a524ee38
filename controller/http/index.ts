export { createHttpApp, type HttpApp, type HttpAppOptions } from './app.ts';
export { type Door, watchDoor } from './door.ts';
export { createLiveFeed, type LiveFeed } from './live-feed.ts';
export type { LiveSnapshot } from './live-snapshots.ts';
export { operation } from './openapi.ts';
export { refuseUpgrade } from './refuse-upgrade.ts';
