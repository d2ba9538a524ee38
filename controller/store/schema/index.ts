export * from './accounts.ts';
export * from './broadcasts.ts';
export * from './faults.ts';
export * from './inventory.ts';
export * from './programmes.ts';
