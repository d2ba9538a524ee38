import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashOf, PROJECT } from './places.mjs';
import { SetupProblem } from './problem.mjs';
import { run } from './run.mjs';

const SOURCES = ['web-console', 'controller/protocol', 'package-lock.json'];
const OUTPUT = join('web-console', 'dist');

/** Builds the console's pages when their sources have changed since. */
export async function ensureConsole({ node, terminal }) {
  if (!existsSync(join(PROJECT, 'web-console', 'index.html'))) return;
  const hash = hashOf(SOURCES, (path) => path === OUTPUT || path.endsWith('node_modules'));
  // Inside the output folder, which vite empties first: an interrupted build leaves no mark.
  const mark = join(PROJECT, OUTPUT, '.sources');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === hash) return;
  await terminal.step(
    { vi: 'Dựng trang điều khiển', en: 'Building the console' },
    { vi: 'các trang web', en: 'the web pages' },
    async () => {
      const vite = join(PROJECT, 'node_modules', 'vite', 'bin', 'vite.js');
      const { code, lines } = await run(node, [vite, 'build', 'web-console'], { cwd: PROJECT });
      if (code !== 0) throw consoleProblem(lines);
      writeFileSync(mark, hash);
    },
  );
}

/** What the failure of the build means and what to do about it. */
export function consoleProblem(lines) {
  const details = lines.slice(-15);
  if (/ENOSPC|no space left/i.test(lines.join('\n'))) {
    return new SetupProblem(
      {
        vi: 'Ổ đĩa đã đầy nên không dựng được trang điều khiển. Hãy giải phóng dung lượng rồi chạy lại.',
        en: 'The disk is full, so the console could not be built. Free some space and run this again.',
      },
      { details },
    );
  }
  return new SetupProblem(
    {
      vi: 'Không dựng được trang điều khiển. Nếu vừa sửa web-console/ thì hãy sửa lỗi ở trên; nếu không, hãy lấy lại tập tin gốc, cài lại thư viện rồi chạy lại:',
      en: 'The console could not be built. If web-console/ was changed, correct what is said above; if not, bring the files back, install the packages anew and run this again:',
    },
    { details, command: `cd ${PROJECT} && git checkout -- web-console && rm -rf node_modules` },
  );
}
