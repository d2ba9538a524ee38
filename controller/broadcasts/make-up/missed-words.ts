import type { Words } from '../../errors.ts';
import type { Cause } from './ability.ts';

/** The condition of an emergency that some poles have not heard. */
export const MISSED_CONDITION = 'air.emergency_missed';

/** So many poles are named; a longer list nobody reads. */
const NAMED_MAX = 6;

export interface NamedPole {
  name: string;
  cause: Cause | null;
}

/** "Đình · Chợ, cụm 1; Trường học (mất kết nối) và 3 cụm khác": each cause is said once; names have commas of their own. */
function polesInWords(poles: readonly NamedPole[]): Words {
  const list = (language: 'vi' | 'en', others: (count: number) => string): string => {
    const byCause = new Map<string, string[]>();
    for (const { name, cause } of poles.slice(0, NAMED_MAX)) {
      const why = cause?.[language] ?? '';
      byCause.set(why, [...(byCause.get(why) ?? []), name]);
    }
    const named = [...byCause].map(([why, names]) => (why ? `${names.join('; ')} (${why})` : names.join('; ')));
    return named.join(' · ') + (poles.length > NAMED_MAX ? others(poles.length - NAMED_MAX) : '');
  };
  return { vi: list('vi', (count) => ` và ${count} cụm khác`), en: list('en', (count) => ` and ${count} more`) };
}

/** @param until clock time at which nobody is told any more */
export function missedInWords(title: string, poles: readonly NamedPole[], until: string): Words {
  const names = polesInWords(poles);
  const clusters = poles.length === 1 ? '1 cluster has' : `${poles.length} clusters have`;
  return {
    vi: `${poles.length} cụm loa chưa nghe đủ ‘${title}’: ${names.vi}. Sẽ tự phát bù khi phát được, đến ${until}.`,
    en: `${clusters} not heard all of ‘${title}’: ${names.en}. It is given again as soon as they can sound, until ${until}.`,
  };
}

/** How the making-up of an emergency ended. @param poles those that have still not heard it */
export function madeUpInWords(title: string, poles: readonly NamedPole[], why: 'stopped' | 'expired' | 'done'): Words {
  if (poles.length === 0) {
    return { vi: `Không còn cụm loa nào phải phát bù ‘${title}’.`, en: `No cluster is left to be told ‘${title}’ again.` };
  }
  const names = polesInWords(poles);
  const because = {
    stopped: { vi: 'đã được dừng', en: 'was stopped' },
    expired: { vi: 'đã hết hạn', en: 'is no longer valid' },
    done: { vi: 'đã phát bù đủ số lần', en: 'was given again as often as it may be' },
  }[why];
  return {
    vi: `‘${title}’ ${because.vi}. Chưa nghe đủ: ${names.vi}.`,
    en: `‘${title}’ ${because.en}. Not heard in full at: ${names.en}.`,
  };
}
