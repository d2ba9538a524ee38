export { readCommuneFile } from './commune-files.ts';
export { scheduleRoutes } from './routes.ts';
export { createSchedules, type Schedules, type SchedulesDeps } from './schedules.ts';
