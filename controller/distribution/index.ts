export * from './distributor.ts';
export { createDistributor, type DistributorDeps } from './mediasoup-distributor.ts';
export { microphoneRoutes } from './microphone-routes.ts';
export type { ListenAddresses } from './network-addresses.ts';
