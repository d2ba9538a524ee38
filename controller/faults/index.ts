export { type Change as FaultChange, writeFaults } from './fault-journal.ts';
export { createFaults, type FaultInput, type Faults, type FaultsDeps, type PlacedFault } from './faults.ts';
export { OwnAbsence } from './own-absence.ts';
export { faultRoutes } from './routes.ts';
