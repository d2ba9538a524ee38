import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
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
import { LATE_ANSWER_MS } from './while-busy.ts';

const KEY = ['bulletins'];
const PAGE = 50;
const LARGEST_PAGE = 200;

/** Which bulletins; what is absent does not matter. */
export interface BulletinQuery {
  status?: Bulletin['status'];
  class?: BulletinClass[];
  topic?: string;
  search?: string;
}

interface Found {
  bulletins: Bulletin[];
  /** Whether there are older ones. */
  more: boolean;
}

/** The newest of them, as many as are wanted. */
async function fetchNewest(query: BulletinQuery, wanted: number): Promise<Found> {
  const asked = new URLSearchParams();
  for (const name of ['status', 'topic', 'search'] as const) if (query[name]) asked.set(name, query[name]);
  for (const each of query.class ?? []) asked.append('class', each);
  const bulletins: Bulletin[] = [];
  for (;;) {
    asked.set('limit', String(Math.min(LARGEST_PAGE, wanted - bulletins.length)));
    const page = await call<BulletinList>('GET', `/api/bulletins?${asked}`);
    bulletins.push(...page.bulletins);
    if (page.nextBefore === null || bulletins.length >= wanted) return { bulletins, more: page.nextBefore !== null };
    asked.set('before', page.nextBefore);
  }
}

/** All of them, newest first, however many there are: for what must not be missed. */
export const fetchEvery = async (query: BulletinQuery): Promise<Bulletin[]> =>
  (await fetchNewest(query, Number.POSITIVE_INFINITY)).bulletins;

/** What is shown of the library is fetched again when the live feed says that one of its bulletins changed. */
function useFreshBulletins(): void {
  const { feed } = useConsole();
  const queries = useQueryClient();
  useEffect(() => feed.onBulletin(() => void queries.invalidateQueries({ queryKey: KEY })), [feed, queries]);
}

/** The library, newest first, a page more whenever it is asked for; searched on the server, which has all of it. */
export function useBulletins(query: BulletinQuery) {
  const [wanted, setWanted] = useState(PAGE);
  useFreshBulletins();
  const found = useQuery({
    queryKey: [...KEY, 'newest', query, wanted],
    queryFn: () => fetchNewest(query, wanted),
    placeholderData: keepPreviousData,
  });
  return { ...found, showMore: () => setWanted(wanted + PAGE) };
}

/** A set of bulletins that is needed whole, under a name. */
export function useEveryBulletin(name: string, fetchThem: () => Promise<Bulletin[]>) {
  useFreshBulletins();
  return useQuery({ queryKey: [...KEY, name], queryFn: fetchThem });
}

export function useBulletin(bulletinId: string | undefined) {
  const { feed } = useConsole();
  const queries = useQueryClient();
  useEffect(
    () =>
      feed.onBulletin((changed) => {
        if (changed === undefined || changed === bulletinId) void queries.invalidateQueries({ queryKey: [...KEY, 'one', bulletinId] });
      }),
    [feed, queries, bulletinId],
  );
  return useQuery({
    queryKey: [...KEY, 'one', bulletinId],
    queryFn: () => call<Bulletin>('GET', `/api/bulletins/${bulletinId}`),
    enabled: bulletinId !== undefined,
  });
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
  call('POST', '/api/bulletins/from-text', bulletin, LATE_ANSWER_MS);
/** A text that is sent along is read anew, even where it is the same: the dictionary may have changed. */
export const changeBulletin = (bulletinId: string, changes: NewBulletin & { text: string }): Promise<Bulletin> =>
  call('PATCH', `/api/bulletins/${bulletinId}`, changes, LATE_ANSWER_MS);
export const deleteBulletin = (bulletinId: string): Promise<void> => call('DELETE', `/api/bulletins/${bulletinId}`);
export const audioUrl = (bulletinId: string): string => `/api/bulletins/${bulletinId}/audio`;

/** How a text will be read: numbers, dates and abbreviations spelt out by the rules and the commune's dictionary. */
export const previewText = (text: string): Promise<TextPreview> => call('POST', '/api/speech/preview-text', { text }, LATE_ANSWER_MS);

/** Pairs of minimum and maximum, -128 to 127. */
export async function fetchPeaks(bulletinId: string): Promise<Int8Array> {
  return Int8Array.from((await call<Waveform>('GET', `/api/bulletins/${bulletinId}/waveform`)).peaks);
}

export const fetchDictionary = (): Promise<DictionaryList> => call('GET', '/api/speech/dictionary');
export const putEntry = (entry: DictionaryEntryBody): Promise<void> => call('PUT', '/api/speech/dictionary', entry);
export const deleteEntry = (written: string): Promise<void> => call('DELETE', `/api/speech/dictionary/${encodeURIComponent(written)}`);
