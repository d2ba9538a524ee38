export { MakeUpDesk } from './make-up-desk.ts';
export { storedEmergencies } from './stored-emergencies.ts';
