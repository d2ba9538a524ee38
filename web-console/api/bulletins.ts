import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type {
  Bulletin,
  BulletinClass,
  BulletinList,
  DictionaryEntryBody,
  DictionaryList,
  TextPreview,
  Waveform,
} from '../../controller/protocol/programmes.ts';
import { useConsole } from '../app/console-context.ts';
import { call, type UploadProgress, upload } from './client.ts';

const KEY = ['bulletins'];
/** The server's largest page; older bulletins are found by its own search. */
const LISTED = 200;

/** The library, fetched again when the live feed says that one of its bulletins changed. */
export function useBulletins() {
  const { feed } = useConsole();
  const queries = useQueryClient();
  useEffect(() => feed.onBulletin(() => void queries.invalidateQueries({ queryKey: KEY })), [feed, queries]);
  return useQuery({ queryKey: KEY, queryFn: async () => (await call<BulletinList>('GET', `/api/bulletins?limit=${LISTED}`)).bulletins });
}

export function useBulletin(bulletinId: string) {
  const { feed } = useConsole();
  const queries = useQueryClient();
  useEffect(
    () =>
      feed.onBulletin((changed) => {
        if (changed === bulletinId) void queries.invalidateQueries({ queryKey: [...KEY, bulletinId] });
      }),
    [feed, queries, bulletinId],
  );
  return useQuery({ queryKey: [...KEY, bulletinId], queryFn: () => call<Bulletin>('GET', `/api/bulletins/${bulletinId}`) });
}

export interface NewBulletin {
  title: string;
  class: BulletinClass;
  topic: string;
}

/** The fields go before the file: the server reads the stream in order. */
export function uploadBulletin(
  bulletin: NewBulletin,
  file: File,
  onProgress: (progress: UploadProgress) => void,
  signal: AbortSignal,
): Promise<Bulletin> {
  const form = new FormData();
  form.set('title', bulletin.title);
  form.set('class', bulletin.class);
  form.set('topic', bulletin.topic);
  form.set('file', file);
  return upload('/api/bulletins', form, onProgress, signal);
}

export const writeBulletin = (bulletin: NewBulletin & { text: string }): Promise<Bulletin> =>
  call('POST', '/api/bulletins/from-text', bulletin);
export const deleteBulletin = (bulletinId: string): Promise<void> => call('DELETE', `/api/bulletins/${bulletinId}`);
export const audioUrl = (bulletinId: string): string => `/api/bulletins/${bulletinId}/audio`;

/** How a text will be read: numbers, dates and abbreviations spelt out by the rules and the commune's dictionary. */
export const previewText = (text: string): Promise<TextPreview> => call('POST', '/api/speech/preview-text', { text });

/** Pairs of minimum and maximum, -128 to 127. */
export async function fetchPeaks(bulletinId: string): Promise<Int8Array> {
  return Int8Array.from((await call<Waveform>('GET', `/api/bulletins/${bulletinId}/waveform`)).peaks);
}

export const fetchDictionary = (): Promise<DictionaryList> => call('GET', '/api/speech/dictionary');
export const putEntry = (entry: DictionaryEntryBody): Promise<void> => call('PUT', '/api/speech/dictionary', entry);
export const deleteEntry = (written: string): Promise<void> => call('DELETE', `/api/speech/dictionary/${encodeURIComponent(written)}`);
