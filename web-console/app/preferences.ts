import { THEMES, type Theme } from '../design/tokens.ts';
import { LANGUAGES, type Language } from '../i18n/languages.ts';

/** What a person chose for this browser. */
export interface Preferences {
  language: Language;
  theme: Theme | 'system';
  /** A click with a cancellable five-second countdown instead of holding for three seconds. */
  countdownInsteadOfHold: boolean;
}

const KEY = 'loa-xa.preferences';
const DEFAULTS: Preferences = { language: 'vi', theme: 'system', countdownInsteadOfHold: false };

export function readPreferences(storage: Storage): Preferences {
  try {
    const kept = JSON.parse(storage.getItem(KEY) ?? '{}') as Partial<Preferences>;
    return {
      language: LANGUAGES.find((language) => language === kept.language) ?? DEFAULTS.language,
      theme: THEMES.find((theme) => theme === kept.theme) ?? DEFAULTS.theme,
      countdownInsteadOfHold: kept.countdownInsteadOfHold === true,
    };
  } catch {
    return DEFAULTS;
  }
}

export function keepPreferences(storage: Storage, preferences: Preferences): void {
  storage.setItem(KEY, JSON.stringify(preferences));
}

/** The palette that a choice means: "system" follows the device between light and dark, never into the sunlight theme. */
export function themeOf(choice: Preferences['theme'], deviceIsDark: boolean): Theme {
  if (choice !== 'system') return choice;
  return deviceIsDark ? 'dark' : 'light';
}

/** Puts the choices on <html>, where the CSS and screen readers find them. */
export function showPreferences(root: HTMLElement, preferences: Preferences): void {
  const theme = themeOf(preferences.theme, matchMedia('(prefers-color-scheme: dark)').matches);
  root.lang = preferences.language;
  root.dataset.theme = theme;
  root.dataset.mantineColorScheme = theme === 'dark' ? 'dark' : 'light';
}
