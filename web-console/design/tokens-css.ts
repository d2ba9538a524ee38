import { type Palette, palettes, THEMES, TONES } from './tokens.ts';

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function declarations(palette: Palette): string {
  const plain = (['canvas', 'surface', 'ink', 'inkSoft', 'line', 'edge', 'accent', 'accentInk', 'accentSoft', 'focus'] as const).map(
    (name) => `--${kebab(name)}:${palette[name]}`,
  );
  const states = TONES.flatMap((name) => {
    const { ink, fill, border, borderStyle } = palette.tones[name];
    const prefix = `--${kebab(name)}`;
    return [`${prefix}-ink:${ink}`, `${prefix}-fill:${fill}`, `${prefix}-border:${border}`, `${prefix}-border-style:${borderStyle}`];
  });
  return [`color-scheme:${palette.scheme}`, ...plain, ...states].join(';');
}

/** The CSS of all themes, chosen by `data-theme` on <html>; without it (no script yet) the light one. */
export function tokensCss(): string {
  return THEMES.map((theme) => `${theme === 'light' ? ':root,' : ''}:root[data-theme='${theme}']{${declarations(palettes[theme])}}`).join(
    '\n',
  );
}

/** One class per tone, so that a component says `tone-warn` and nothing about colours. */
export function toneClassesCss(): string {
  return TONES.map((name) => {
    const variable = kebab(name);
    return `.tone-${variable}{color:var(--${variable}-ink);background-color:var(--${variable}-fill);border-color:var(--${variable}-border);border-style:var(--${variable}-border-style)}`;
  }).join('\n');
}
