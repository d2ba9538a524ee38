import { createContext, useContext } from 'react';
import type { Language } from './languages.ts';
import type { Messages } from './vi.ts';

/** Only the chosen language travels to the phone; the compiler holds both to the same keys and parameters. */
export async function loadMessages(language: Language): Promise<Messages> {
  return language === 'en' ? (await import('./en.ts')).en : (await import('./vi.ts')).vi;
}

export const MessagesContext = createContext<Messages | null>(null);

/** Words of some pages, in both languages: they travel with these pages, and cost no other one a byte. */
type PageWords<Own extends object> = Record<Language, Own>;

/** The words of the interface in the chosen language: those that every page has, and `own` ones. */
export function useMessages(): Messages;
export function useMessages<A extends object>(own: PageWords<A>): Messages & A;
export function useMessages<A extends object, B extends object>(own: PageWords<A>, more: PageWords<B>): Messages & A & B;
export function useMessages<A extends object, B extends object, C extends object>(
  own: PageWords<A>,
  more: PageWords<B>,
  evenMore: PageWords<C>,
): Messages & A & B & C;
export function useMessages(...own: PageWords<object>[]): Messages {
  const messages = useContext(MessagesContext);
  if (!messages) throw new Error('useMessages stands outside of the console');
  if (own.length === 0) return messages;
  return Object.assign({}, messages, ...own.map((words) => words[messages.language]));
}
