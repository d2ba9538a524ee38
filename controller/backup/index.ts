export { type MadeBackup, makeBackup } from './make-backup.ts';
export { type CheckedBackup, checkBackup, clearAway, requireEmpty, restoreDatabase, restoreFiles } from './restore-backup.ts';
