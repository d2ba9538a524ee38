export type { ControlSocket } from './connection.ts';
export { hasEnrolledSpeakers } from './enrolled.ts';
export type { SpeakerTls } from './enrolment.ts';
export { type StorableReceipt, writeReceipts } from './receipt-inbox.ts';
export { speakerRoutes } from './routes.ts';
export type { SpeakerDirectory, SpeakerMediaGranter } from './speaker-directory.ts';
export { createSpeakers, type Speakers, type SpeakersDeps } from './speakers.ts';
export { type Entry as SpeakerTransition, type Sighting, writeSightings, writeTransitions } from './transition-journal.ts';
