/** `npm run audit -- verify` and `npm run audit -- acknowledge --why "..."`: whether the audit trail is what was written, and that somebody knows of a gap. */
import { parseArgs } from 'node:util';
import type { Words } from './errors.ts';
import { give, givenBy, runCommand, say, UsageError } from './on-the-server.ts';
import type { AuditVerification } from './protocol/accounts.ts';

const USAGE: Words = {
  vi: `Cách dùng:
  npm run audit -- verify [--data-dir THƯ-MỤC]                     kiểm tra cả nhật ký kiểm toán
  npm run audit -- acknowledge --why "LÝ DO" [--data-dir THƯ-MỤC]   xác nhận chỗ đứt; chỗ đứt và lý do được ghi vào nhật ký`,
  en: `Usage:
  npm run audit -- verify [--data-dir FOLDER]                       checks the whole audit trail
  npm run audit -- acknowledge --why "REASON" [--data-dir FOLDER]   acknowledges what is broken; the gap and the reason go into the trail`,
};

type Broken = NonNullable<AuditVerification['firstBroken']>;

const PLACES: Record<Broken['reason'], (id: number | null) => Words> = {
  altered: (id) => ({ vi: `mục ${id} đã bị sửa`, en: `entry ${id} was altered` }),
  removed: (id) => ({ vi: `các mục trước mục ${id} đã bị xoá`, en: `entries before ${id} were removed` }),
  truncated: () => ({ vi: 'các mục mới nhất đã bị cắt bớt', en: 'the newest entries were cut off' }),
  unsealed: () => ({ vi: 'không khớp với niêm phong', en: 'not the trail that was sealed' }),
  lost: () => ({ vi: 'có mục đã nhận mà bị mất', en: 'acknowledged entries were lost' }),
};

await runCommand(USAGE, async () => {
  const { values, positionals } = parseArgs({
    options: { why: { type: 'string' }, 'data-dir': { type: 'string' } },
    allowPositionals: true,
  });
  const [action] = positionals;
  const why = values.why?.trim();
  if (action === 'verify') return report((await give({ command: 'audit.verify' }, values['data-dir'])) as AuditVerification);
  if (action !== 'acknowledge') throw new UsageError(action ?? 'verify, acknowledge');
  if (!why) throw new UsageError('acknowledge: --why');
  return report((await give({ command: 'audit.acknowledge', why, by: givenBy }, values['data-dir'])) as AuditVerification);
});

function report({ intact, firstBroken, acknowledged, checkedEntries, headHash }: AuditVerification): boolean {
  for (const { atMs, by, why, breaks } of acknowledged) {
    const at = new Date(atMs).toISOString();
    const places = breaks.map(({ id, reason }) => PLACES[reason](id));
    say({
      vi: `Có chỗ đứt: ${places.map(({ vi }) => vi).join(', ')}; ${by} đã xác nhận lúc ${at}: ${why}`,
      en: `Broken: ${places.map(({ en }) => en).join(', ')}; acknowledged by ${by} on ${at}: ${why}`,
    });
  }
  const place = firstBroken && PLACES[firstBroken.reason](firstBroken.id);
  const isSince = acknowledged.length > 0;
  if (place) say({ vi: `Không nguyên vẹn: ${place.vi}.`, en: `Not intact: ${place.en}.` });
  else
    say({
      vi: `${isSince ? 'Từ đó nguyên vẹn' : 'Nguyên vẹn'}: đã kiểm tra ${checkedEntries} mục. Mã băm mới nhất: ${headHash}`,
      en: `${isSince ? 'Intact since' : 'Intact'}: ${checkedEntries} entries were checked. Head: ${headHash}`,
    });
  return intact;
}
