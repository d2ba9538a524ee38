export type { ControlSocket } from './connection.ts';
export { hasEnrolledSpeakers } from './enrolled.ts';
export type { SpeakerTls } from './enrolment.ts';
export { speakerRoutes } from './routes.ts';
export type { SpeakerDirectory, SpeakerMediaGranter } from './speaker-directory.ts';
export { createSpeakers, type Speakers, type SpeakersDeps } from './speakers.ts';
