export { createStore, type Database, type Store } from './client.ts';
export { isConnectionLoss, retryOnConnectionLoss } from './connection-loss.ts';
export { isDataRefusal, refusalText, writeApart } from './data-refusal.ts';
export { createEmbeddedPostgres, type EmbeddedPostgres } from './embedded-postgres.ts';
export { inTurn } from './in-turn.ts';
export { describeDatabase, migrateDatabase } from './migrate.ts';
export { folded } from './schema/columns.ts';
export * as schema from './schema/index.ts';
export { WriteBehind } from './write-behind.ts';
