import type { ConditionFact } from '../events.ts';
import type { SealedState } from './audit-seal-file.ts';

/** Said for a day: nobody has to do anything. */
const SHOWN_MS = 86_400_000;

const WHY: Record<string, { vi: string; en: string }> = {
  no_key: { vi: 'thiếu khoá niêm phong tls/audit.key', en: 'the key tls/audit.key is missing' },
  no_seal: { vi: 'thiếu hoặc hỏng tập tin niêm phong journal/audit-head', en: 'the seal journal/audit-head is missing or damaged' },
  head_missing: {
    vi: 'mục mới nhất đã niêm phong không còn trong cơ sở dữ liệu: nhật ký đã bị sửa và tính lại, bị cắt bớt, hoặc cơ sở dữ liệu là bản cũ hơn',
    en: 'its newest sealed entry is not in the database: it was altered and computed anew, cut short, or the database is an older one',
  },
  other_entries: {
    vi: 'cơ sở dữ liệu có mục không do bộ điều khiển này ghi',
    en: 'the database has entries that this controller did not write',
  },
};

export function brokenSealCondition({ atMs, why, entries }: NonNullable<SealedState['breach']>): ConditionFact {
  const at = new Date(atMs).toISOString();
  const reason = WHY[why] ?? { vi: why, en: why };
  return {
    code: 'audit.seal_broken',
    state: 'raised',
    vi: `Nhật ký kiểm toán không khớp với niêm phong ngoài cơ sở dữ liệu (${entries} mục, phát hiện lúc ${at}): ${reason.vi}. Việc phát thanh không bị ảnh hưởng. Hãy kiểm tra ai đã vào cơ sở dữ liệu, và so với bản sao lưu.`,
    en: `The audit trail does not match the seal outside the database (${entries} entries, found at ${at}): ${reason.en}. Nothing on air is affected. Find out who had access to the database, and compare with a backup.`,
  };
}

export function firstSealCondition(entries: number, nowMs: number): ConditionFact {
  return {
    code: 'audit.first_seal',
    state: 'raised',
    untilMs: nowMs + SHOWN_MS,
    vi: `Từ nay nhật ký kiểm toán được niêm phong ngoài cơ sở dữ liệu (tls/audit.key). ${entries} mục trước đó chưa từng được niêm phong.`,
    en: `From now on the audit trail is sealed outside the database (tls/audit.key). The ${entries} entries before were never sealed.`,
  };
}

export function lostEntriesCondition(lost: number): ConditionFact {
  return {
    code: 'audit.entries_lost',
    state: 'raised',
    vi: `Nhật ký kiểm toán thiếu ${lost} mục: chúng chỉ còn trong bộ nhớ khi máy chủ bị tắt, vì cả cơ sở dữ liệu lẫn ổ đĩa đều không ghi được.`,
    en: `The audit trail lacks ${lost} entries: they were only in memory when the server ended, for neither the database nor the disk could be written.`,
  };
}

export function unsealedCondition(isUnsealed: boolean): ConditionFact {
  const words = isUnsealed
    ? {
        vi: 'Chưa niêm phong được nhật ký kiểm toán: ổ đĩa không ghi được tls/audit.key hoặc journal/audit-head. Các mục vẫn được ghi vào cơ sở dữ liệu. Hãy kiểm tra ổ đĩa và quyền ghi; khi ghi được, việc niêm phong tự làm lại.',
        en: 'The audit trail can’t be sealed: the disk does not take tls/audit.key or journal/audit-head. Its entries are written to the database all the same. Look at the disk and its permissions; it is sealed by itself as soon as that works.',
      }
    : { vi: 'Nhật ký kiểm toán đã được niêm phong trở lại.', en: 'The audit trail is sealed again.' };
  return { code: 'audit.unsealed', state: isUnsealed ? 'raised' : 'cleared', ...words };
}
