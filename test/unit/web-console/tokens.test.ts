import { describe, expect, it } from 'vitest';
import { palettes, THEMES, TONES } from '../../../web-console/design/tokens.ts';
import { tokensCss } from '../../../web-console/design/tokens-css.ts';

/** WCAG 2 relative luminance of #rrggbb. */
function luminance(colour: string): number {
  const channels = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
  const [r = 0, g = 0, b = 0] = channels.map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

describe.each(THEMES)('theme %s', (theme) => {
  const palette = palettes[theme];
  const grounds = { canvas: palette.canvas, surface: palette.surface };

  it.each(TONES)('the word of state %s can be read on its ground', (tone) => {
    const { ink, fill } = palette.tones[tone];
    expect(contrast(ink, fill)).toBeGreaterThanOrEqual(4.9);
  });

  it.each(Object.entries(grounds))('text and links can be read on the %s', (_name, ground) => {
    for (const ink of [palette.ink, palette.inkSoft, palette.accent]) expect(contrast(ink, ground)).toBeGreaterThanOrEqual(4.5);
  });

  it('text can be read on the main button and on a chosen row', () => {
    expect(contrast(palette.accentInk, palette.accent)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(palette.ink, palette.accentSoft)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(palette.inkSoft, palette.accentSoft)).toBeGreaterThanOrEqual(4.5);
  });

  it.each(Object.entries(grounds))('edges of controls and the focus ring stand out from the %s', (_name, ground) => {
    for (const edge of [palette.edge, palette.focus]) expect(contrast(edge, ground)).toBeGreaterThanOrEqual(3);
  });

  it('no two states look alike', () => {
    const looks = TONES.map((tone) => {
      const { ink, fill, borderStyle } = palette.tones[tone];
      return `${ink} ${fill} ${borderStyle}`;
    });
    expect(new Set(looks).size).toBe(TONES.length);
  });
});

it('the sunlight theme is light and stronger than the others everywhere', () => {
  expect(palettes.sun.scheme).toBe('light');
  expect(contrast(palettes.sun.ink, palettes.sun.canvas)).toBeGreaterThanOrEqual(20);
  for (const tone of TONES) expect(contrast(palettes.sun.tones[tone].ink, palettes.sun.tones[tone].fill)).toBeGreaterThanOrEqual(7);
});

it('every colour of every theme becomes a CSS variable', () => {
  const css = tokensCss();
  for (const theme of THEMES) {
    expect(css).toContain(`[data-theme='${theme}']`);
    for (const tone of TONES) expect(css).toContain(palettes[theme].tones[tone].fill);
  }
});
