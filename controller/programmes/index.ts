export { type AirableBulletin, type BulletinUse, createProgrammes, type Programmes, type ProgrammesDeps } from './programmes.ts';
export { programmeRoutes } from './routes.ts';
