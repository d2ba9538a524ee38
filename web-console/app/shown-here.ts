import { createContext, useContext, useLayoutEffect } from 'react';

/** Tells the shell which broadcast the page itself shows as its main matter, with its own way to stop it. */
export const ShownHereContext = createContext<(broadcastId: string | undefined) => void>(() => {});

/** The tally leaves this broadcast out for as long as the caller shows it; everything else on air stays in the tally. */
export function useShownHere(broadcastId: string): void {
  const tell = useContext(ShownHereContext);
  // Before the page is painted: nobody sees it twice.
  useLayoutEffect(() => {
    tell(broadcastId);
    return () => tell(undefined);
  }, [tell, broadcastId]);
}
