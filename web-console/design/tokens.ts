/**
 * Every colour of the console, in one place. CSS variables are generated from here (tokens-css.ts) and the contrast test computes
 * every pair from here, so a colour that is not in this file is not in the console.
 */
export const THEMES = ['light', 'dark', 'sun'] as const;
/** `sun` ("Ngoài nắng") is high contrast on white: outdoors a white ground needs 2.8:1 where black needs 7.5:1. */
export type Theme = (typeof THEMES)[number];

/** What a state means to the eye. Red is sound going out, amber is a fault, violet with stripes is an exercise, grey is normal. */
export const TONES = ['quiet', 'unknown', 'warn', 'silent', 'onAir', 'exercise'] as const;
export type Tone = (typeof TONES)[number];

export interface ToneColours {
  ink: string;
  fill: string;
  border: string;
  borderStyle: 'solid' | 'dashed';
}

export interface Palette {
  scheme: 'light' | 'dark';
  canvas: string;
  surface: string;
  ink: string;
  inkSoft: string;
  /** Hairlines that carry no meaning. */
  line: string;
  /** Edges of controls: at least 3:1 on canvas and surface (WCAG 1.4.11). */
  edge: string;
  accent: string;
  accentInk: string;
  /** Ground of the chosen row or tab, with `ink` on it. */
  accentSoft: string;
  focus: string;
  tones: Record<Tone, ToneColours>;
}

const tone = (ink: string, fill: string, border: string, borderStyle: ToneColours['borderStyle'] = 'solid'): ToneColours => ({
  ink,
  fill,
  border,
  borderStyle,
});

export const palettes: Record<Theme, Palette> = {
  light: {
    scheme: 'light',
    canvas: '#f4f5f6',
    surface: '#ffffff',
    ink: '#161b21',
    inkSoft: '#454c55',
    line: '#dadfe4',
    edge: '#6f7883',
    accent: '#0a4d8c',
    accentInk: '#ffffff',
    accentSoft: '#e6eff8',
    focus: '#0a4d8c',
    tones: {
      quiet: tone('#454c55', '#f3f4f6', '#dadfe4'),
      unknown: tone('#5c6570', '#ffffff', '#5c6570', 'dashed'),
      warn: tone('#6b3a00', '#fff1cc', '#b06a00'),
      silent: tone('#1a1200', '#ffc20e', '#6b3a00'),
      onAir: tone('#ffffff', '#b3131b', '#b3131b'),
      exercise: tone('#ffffff', '#4b3fa7', '#4b3fa7'),
    },
  },
  dark: {
    scheme: 'dark',
    canvas: '#14171a',
    surface: '#1e2226',
    ink: '#eceff2',
    inkSoft: '#c3cad2',
    line: '#363d44',
    edge: '#8a94a0',
    accent: '#9ccbff',
    accentInk: '#0a1a2b',
    accentSoft: '#1d3247',
    focus: '#9ccbff',
    tones: {
      quiet: tone('#c3cad2', '#1e2226', '#363d44'),
      unknown: tone('#98a1ab', '#1e2226', '#98a1ab', 'dashed'),
      warn: tone('#ffc857', '#2e2200', '#ffc857'),
      silent: tone('#1a1200', '#ffc857', '#ffc857'),
      onAir: tone('#ffffff', '#d32f2f', '#d32f2f'),
      exercise: tone('#14102e', '#b9aeff', '#b9aeff'),
    },
  },
  sun: {
    scheme: 'light',
    canvas: '#ffffff',
    surface: '#ffffff',
    ink: '#000000',
    inkSoft: '#000000',
    line: '#000000',
    edge: '#000000',
    accent: '#00296b',
    accentInk: '#ffffff',
    accentSoft: '#ffffff',
    focus: '#00296b',
    tones: {
      quiet: tone('#000000', '#ffffff', '#000000'),
      unknown: tone('#000000', '#ffffff', '#000000', 'dashed'),
      warn: tone('#000000', '#ffe08a', '#000000'),
      silent: tone('#ffe000', '#000000', '#000000'),
      onAir: tone('#ffffff', '#a30000', '#a30000'),
      exercise: tone('#ffffff', '#2b1b8f', '#2b1b8f'),
    },
  },
};
