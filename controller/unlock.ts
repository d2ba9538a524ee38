/** `npm run unlock -- NAME [--data-dir FOLDER]`: lets an account log in again at once that wrong passwords have locked. To be run on the server. */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { askToUnlock, type UnlockOutcome } from './accounts/index.ts';
import { SystemClock } from './clock.ts';
import { readConfig, terminalLanguage } from './config.ts';

const WORDS: Record<UnlockOutcome | 'usage' | 'no_answer', { vi: string; en: string }> = {
  unlocked: { vi: 'Đã mở khoá. Có thể đăng nhập ngay.', en: 'Unlocked. The account can log in at once.' },
  no_such_account: { vi: 'Không có tài khoản tên này.', en: 'There is no account of this name.' },
  failed: { vi: 'Không mở khoá được; xem nhật ký của bộ điều khiển.', en: 'It could not be unlocked; see the controller’s log.' },
  usage: {
    vi: 'Cách dùng: npm run unlock -- TÊN-ĐĂNG-NHẬP [--data-dir THƯ-MỤC]',
    en: 'Usage: npm run unlock -- LOG-IN-NAME [--data-dir FOLDER]',
  },
  no_answer: {
    vi: 'Không có bộ điều khiển nào trả lời trên thư mục dữ liệu này. Hãy chạy lệnh trên máy chủ, bằng tài khoản đã chạy bộ điều khiển, khi nó đang chạy (--data-dir chọn thư mục).',
    en: 'No controller answers on this data directory. Run this on the server, as the account that runs the controller, while it runs (--data-dir chooses the folder).',
  },
};

const { values, positionals } = parseArgs({ allowPositionals: true, options: { 'data-dir': { type: 'string' } } });
const [username] = positionals;
const outcome = username === undefined ? 'usage' : await ask(username.trim().toLowerCase());
process.stdout.write(`${WORDS[outcome][terminalLanguage(process.env)]}\n`);
process.exit(outcome === 'unlocked' ? 0 : 1);

async function ask(name: string): Promise<UnlockOutcome | 'no_answer'> {
  const given = values['data-dir'] === undefined ? {} : { LOA_XA_DATA_DIR: values['data-dir'] };
  const folders = ['0', '1'].map((demo) => readConfig({ ...process.env, ...given, LOA_XA_DEMO: demo }).dataDir);
  let last: UnlockOutcome | 'no_answer' = 'no_answer';
  for (const folder of new Set(folders.filter((folder) => existsSync(folder)))) {
    const answer = await askToUnlock(folder, name, new SystemClock()).catch(() => undefined);
    if (answer === 'unlocked') return answer;
    last = answer ?? last;
  }
  return last;
}
