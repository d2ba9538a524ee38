import type { AppEvents } from '../events.ts';
import type { StoreFailure } from '../store/index.ts';

const CODE = 'broadcasts.store_away';

/** In words: why the log of what is on air is only in memory. */
export function storeAwayCondition(failure: StoreFailure): AppEvents['system.condition'] {
  const why = {
    away: { vi: 'Cơ sở dữ liệu không trả lời.', en: 'The database does not answer.' },
    full: {
      vi: 'Cơ sở dữ liệu không ghi được vì hết dung lượng; hãy giải phóng ổ đĩa.',
      en: 'The database can’t write for want of space; free some space on its disk.',
    },
    refused: { vi: 'Cơ sở dữ liệu từ chối ghi.', en: 'The database refuses to write.' },
    defect: {
      vi: 'Cơ sở dữ liệu không hiểu lệnh ghi (lỗi phần mềm hoặc sai quyền); hãy báo người bảo trì.',
      en: 'The database does not understand what is written (a defect, or a missing right); tell whoever maintains the system.',
    },
  }[failure];
  return {
    code: CODE,
    state: 'raised',
    vi: `${why.vi} Bản tin đang phát vẫn tiếp tục; nhật ký phát được giữ tạm trong bộ nhớ và sẽ được ghi khi cơ sở dữ liệu trở lại.`,
    en: `${why.en} What is on the air goes on; the broadcast log is kept in memory and written when the database is back.`,
  };
}

export function storeBackCondition(linesLost: number): AppEvents['system.condition'] {
  const isComplete = linesLost === 0;
  return {
    code: CODE,
    // What is lost stays lost: nobody is told that all is well again.
    state: isComplete ? 'cleared' : 'lapsed',
    vi: isComplete
      ? 'Cơ sở dữ liệu đã trở lại; nhật ký phát đã được ghi đủ.'
      : `Cơ sở dữ liệu đã trở lại, nhưng ${linesLost} dòng nhật ký phát cũ nhất đã mất vì phải chờ quá lâu. Lịch sử của các lần phát trong thời gian đó không đầy đủ.`,
    en: isComplete
      ? 'The database is back; the broadcast log is complete.'
      : `The database is back, but the ${linesLost} oldest lines of the broadcast log that waited for it are lost. The log of what aired meanwhile is not complete.`,
  };
}
