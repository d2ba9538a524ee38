export * from './air.ts';
export { type AiredCopies, type AiredCopyRow, type AiredCopyStore, type AiredCopyWriter, createAiredCopies } from './aired-copies.ts';
export { type Change as AiredCopyChange, createAiredCopyStore, writeAiredCopies } from './aired-copy-store.ts';
export { type AirDeps, createAir } from './create-air.ts';
export { shortThenLong } from './packing.ts';
export type { OpenRelay, RelayStream } from './relay-source.ts';
