import { createContext, useContext } from 'react';
import type { Language } from './languages.ts';
import type { Messages } from './vi.ts';

/** Only the chosen language travels to the phone; the compiler holds both to the same keys and parameters. */
export async function loadMessages(language: Language): Promise<Messages> {
  return language === 'en' ? (await import('./en.ts')).en : (await import('./vi.ts')).vi;
}

export const MessagesContext = createContext<Messages | null>(null);

/** The words of the interface in the chosen language. */
export function useMessages(): Messages {
  const messages = useContext(MessagesContext);
  if (!messages) throw new Error('useMessages stands outside of the console');
  return messages;
}
