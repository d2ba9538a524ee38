export { createHttpApp, type HttpApp, type HttpAppOptions } from './app.ts';
export { type Door, watchDoor } from './door.ts';
export { createLiveFeed, type LiveFeed, type LiveSnapshot } from './live-feed.ts';
export { operation } from './openapi.ts';
export { refuseUpgrade } from './refuse-upgrade.ts';
