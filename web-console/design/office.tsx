import '@mantine/core/styles/default-css-variables.css';
import '@mantine/core/styles/Input.css';
import '@mantine/core/styles/InlineInput.css';
import '@mantine/core/styles/Progress.css';
import '@mantine/core/styles/Table.css';
import './office.css';
import { createTheme, MantineProvider } from '@mantine/core';
import type { ReactNode } from 'react';
import { useConsole } from '../app/console-context.ts';
import { themeOf } from '../app/preferences.ts';
import { palettes } from './tokens.ts';

const theme = createTheme({ cursorType: 'pointer', respectReducedMotion: true, focusRing: 'never', fontFamily: 'var(--font)' });

/**
 * Mantine for the pages that are used at a desk: it weighs more than a phone on a slow network should wait for, so phone pages
 * are built of design/ alone. Its variables come from files, not from injected <style>: no inline styles are needed.
 */
export function Office({ children }: { children: ReactNode }) {
  const { preferences } = useConsole();
  const scheme = palettes[themeOf(preferences.theme, matchMedia('(prefers-color-scheme: dark)').matches)].scheme;
  return (
    <MantineProvider theme={theme} forceColorScheme={scheme} withCssVariables={false} withGlobalClasses={false}>
      {children}
    </MantineProvider>
  );
}
