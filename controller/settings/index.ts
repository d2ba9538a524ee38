export { settingsRoutes } from './routes.ts';
export { createSettings, type Settings, type SettingsDeps } from './settings.ts';
