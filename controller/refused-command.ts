/** `npm run refused`: shows what the database refused for good, has it stored once the cause is mended, or drops it. To be run on the server. */
import { parseArgs } from 'node:util';
import type { Words } from './errors.ts';
import { give, givenBy, runCommand, say, UsageError } from './on-the-server.ts';
import type { PutBack, RefusedEntry } from './refused-entries.ts';

const USAGE: Words = {
  vi: `Cách dùng:
  npm run refused [-- --data-dir THƯ-MỤC]                   xem các mục bị từ chối
  npm run refused -- --put-back MÃ|all [--data-dir THƯ-MỤC]  ghi lại, sau khi đã sửa nguyên nhân
  npm run refused -- --drop MÃ|all --why "LÝ DO"             bỏ hẳn; lý do được ghi vào nhật ký kiểm toán`,
  en: `Usage:
  npm run refused [-- --data-dir FOLDER]                     shows what was refused
  npm run refused -- --put-back ID|all [--data-dir FOLDER]   stores it, once the cause is mended
  npm run refused -- --drop ID|all --why "REASON"            gives it up; the reason goes into the audit trail`,
};

/** Each outbox in words. */
const KINDS: Record<string, Words> = {
  audit: { vi: 'nhật ký kiểm toán', en: 'audit trail' },
  broadcast: { vi: 'lượt phát', en: 'broadcast' },
  receipts: { vi: 'biên nhận của bộ thu', en: 'receipt of a speaker' },
  faults: { vi: 'sự cố', en: 'fault' },
  'changes of speakers': { vi: 'thay đổi trạng thái bộ thu', en: 'change of a speaker' },
  'sightings of speakers': { vi: 'lần thấy bộ thu', en: 'sighting of a speaker' },
  'aired copies': { vi: 'bản lưu đã phát', en: 'aired copy' },
};

const OUTCOMES: Record<PutBack['outcome'], Words> = {
  stored: { vi: 'đã ghi lại', en: 'stored' },
  refused: { vi: 'vẫn bị từ chối', en: 'still refused' },
  away: { vi: 'chưa ghi được lúc này, hãy thử lại sau', en: 'can’t be stored now, try again later' },
};

await runCommand(USAGE, async () => {
  const { values } = parseArgs({
    options: {
      'put-back': { type: 'string', multiple: true },
      drop: { type: 'string', multiple: true },
      why: { type: 'string' },
      'data-dir': { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const { 'put-back': putBack, drop, why, 'data-dir': dataDir } = values;
  if (values.help) {
    say(USAGE);
    return true;
  }
  if (putBack && drop) throw new UsageError('--put-back, --drop');
  if (drop && !why?.trim()) throw new UsageError('--drop: --why');
  if (putBack) {
    const results = (await give({ command: 'refused.put_back', chosen: chosen(putBack), by: givenBy }, dataDir)) as PutBack[];
    for (const result of results) sayOf(result, OUTCOMES[result.outcome], result.why);
    return (
      sayCount(results, { vi: 'Không có mục nào như vậy.', en: 'There is no such entry.' }, putBack.includes('all')) &&
      results.every(({ outcome }) => outcome === 'stored')
    );
  }
  if (drop) {
    const dropped = (await give({ command: 'refused.drop', chosen: chosen(drop), why: why ?? '', by: givenBy }, dataDir)) as RefusedEntry[];
    for (const one of dropped) sayOf(one, { vi: 'đã bỏ', en: 'dropped' });
    return sayCount(dropped, { vi: 'Không có mục nào như vậy.', en: 'There is no such entry.' }, drop.includes('all'));
  }
  const kept = (await give({ command: 'refused.list' }, dataDir)) as RefusedEntry[];
  for (const one of kept) sayOf(one, { vi: 'bị từ chối', en: 'refused' }, one.reason);
  sayCount(kept, { vi: 'Không có mục nào bị từ chối.', en: 'Nothing is refused.' }, true);
  return true;
});

function chosen(ids: readonly string[]): 'all' | string[] {
  return ids.includes('all') ? 'all' : [...ids];
}

function sayOf({ id, atMs, from, about }: RefusedEntry, what: Words, why?: string): void {
  const kind = KINDS[from] ?? { vi: from, en: from };
  const at = atMs === 0 ? '?' : new Date(atMs).toISOString();
  const reason = why === undefined ? '' : `\n    ${printable(why)}`;
  say({
    vi: `${id}  ${at}  ${kind.vi}: ${what.vi}\n    ${printable(about)}${reason}`,
    en: `${id}  ${at}  ${kind.en}: ${what.en}\n    ${printable(about)}${reason}`,
  });
}

/** @returns whether that is all right */
function sayCount(entries: readonly unknown[], nothing: Words, isNothingRight: boolean): boolean {
  if (entries.length === 0) say(nothing);
  else say({ vi: `${entries.length} mục.`, en: `${entries.length} ${entries.length === 1 ? 'entry' : 'entries'}.` });
  return entries.length > 0 || isNothingRight;
}

/** Text from outside must not speak to the terminal. */
function printable(text: string): string {
  return text.replace(/\p{C}/gu, '\uFFFD');
}
