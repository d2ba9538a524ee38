export { createFaults, type FaultInput, type Faults, type FaultsDeps, type PlacedFault } from './faults.ts';
export { faultRoutes } from './routes.ts';
