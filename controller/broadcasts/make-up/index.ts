export { CAUSE_BY_FAULT } from './ability.ts';
export { MakeUpDesk } from './make-up-desk.ts';
export { storedEmergencies } from './stored-emergencies.ts';
