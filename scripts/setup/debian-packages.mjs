import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { PROJECT } from './places.mjs';
import { SetupProblem } from './problem.mjs';
import { findProgram, run } from './run.mjs';

const LOCK_PATIENCE_S = 300;
const has = (...programs) => programs.every((program) => findProgram(program) !== undefined);

/** What the controller (and for `test` its tests, for `bench` its measurements, for `chaos` its troubles) needs from the distribution, and how to see that it is there whoever installed it. */
const NEEDED = [
  {
    name: 'ffmpeg',
    for: ['start', 'test', 'bench', 'chaos'],
    isThere: () => has('ffmpeg', 'ffprobe'),
    vi: 'đọc mọi loại tập tin âm thanh',
    en: 'reads any kind of sound file',
  },
  {
    name: 'espeak-ng',
    for: ['start', 'test', 'bench', 'chaos'],
    isThere: () => has('espeak-ng'),
    vi: 'giọng đọc tiếng Việt ngoại tuyến',
    en: 'the offline Vietnamese voice',
  },
  {
    // Carries the whole server under its file checker's name, and unlike the package redis-server no service that starts at boot.
    name: 'redis-tools',
    for: ['start', 'test', 'bench', 'chaos'],
    isThere: () => has('redis-server') || has('redis-check-rdb') || (process.env.REDIS_URL ?? '') !== '',
    vi: 'hàng đợi công việc',
    en: 'the job queue',
  },
  {
    name: 'chromium',
    for: ['test', 'bench'],
    isThere: () => has('chromium'),
    vi: 'trình duyệt để kiểm thử và đo micrô',
    en: 'the browser of the tests, and the microphone of the measurements',
  },
  {
    name: 'libfaketime',
    for: ['chaos'],
    isThere: () => readdirSync('/usr/lib').some((one) => existsSync(`/usr/lib/${one}/faketime/libfaketimeMT.so.1`)),
    vi: 'chỉnh đồng hồ của riêng máy chủ thử nghiệm',
    en: 'turns the clock of the tried server alone',
  },
  {
    name: 'fonts-dejavu-core',
    for: ['test'],
    isThere: () => existsSync('/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf'),
    vi: 'phông chữ cho trình duyệt',
    en: 'letters for that browser',
  },
];

/** The packages that are missing for `purpose`, with their reasons. */
export function missingPackages(purpose) {
  return NEEDED.filter((needed) => needed.for.includes(purpose) && !needed.isThere());
}

/** The development packages that building the media server worker needs and that aren't installed. */
export async function missingBuildPackages() {
  const wanted = readFileSync(`${PROJECT}/scripts/mediasoup-worker/packages.txt`, 'utf8').split(/\s+/).filter(Boolean);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholders are dpkg-query's own
  const { lines } = await run('dpkg-query', ['--show', '--showformat', '${Package} ${db:Status-Status}\n', ...wanted]);
  const installed = new Set(lines.filter((line) => line.endsWith(' installed')).map((line) => line.split(' ')[0]));
  return wanted.filter((name) => !installed.has(name));
}

/**
 * Installs Debian packages, or says in one message what to type.
 * @param {{ names: string[], why: { vi: string, en: string }, terminal: ReturnType<typeof import('./terminal.mjs').createTerminal>, isRoot?: boolean }} options
 */
export async function installPackages({ names, why, terminal, isRoot = process.getuid() === 0 }) {
  if (names.length === 0) return;
  const list = names.join(' ');
  if (!has('apt-get')) {
    throw new SetupProblem({
      vi: `Máy này không phải Debian/Ubuntu (không có apt-get). Hãy tự cài các chương trình tương ứng với: ${list}, rồi chạy lại.`,
      en: `This machine is not Debian or Ubuntu (there is no apt-get). Install the programs of these packages yourself: ${list}, and run this again.`,
    });
  }
  if (!isRoot) {
    throw new SetupProblem(
      {
        vi: `Còn thiếu ${names.length} gói (${why.vi}) và chỉ root mới cài được. Hãy chạy lệnh sau rồi chạy lại:`,
        en: `${names.length} packages are missing (${why.en}) and only root can install them. Type this, then run this again:`,
      },
      { command: `sudo apt-get update && sudo apt-get install -y --no-install-recommends ${list}` },
    );
  }
  await terminal.step({ vi: `Cài gói Debian: ${list}`, en: `Installing Debian packages: ${list}` }, why, (progress) =>
    install(names, progress),
  );
}

async function install(names, progress) {
  if (!hasPackageLists()) await update(progress);
  let result = await aptInstall(names, progress);
  if (result.code !== 0 && /dpkg was interrupted/.test(result.lines.join('\n'))) {
    progress('dpkg --configure -a');
    await run('dpkg', ['--configure', '-a'], { env: quietEnvironment() });
    result = await aptInstall(names, progress);
  }
  if (result.code !== 0 && !isLocked(result.lines)) {
    // The lists may name versions that the mirror has replaced since.
    await update(progress);
    result = await aptInstall(names, progress);
  }
  if (result.code !== 0) throw aptProblem(names, result.lines);
}

function hasPackageLists() {
  const folder = '/var/lib/apt/lists';
  return existsSync(folder) && readdirSync(folder).some((file) => file.includes('_Packages'));
}

async function update(progress) {
  progress('apt-get update');
  await run('apt-get', [`--option=DPkg::Lock::Timeout=${LOCK_PATIENCE_S}`, 'update'], { env: quietEnvironment() });
}

function aptInstall(names, progress) {
  const args = [
    '--yes',
    '--no-install-recommends',
    `--option=DPkg::Lock::Timeout=${LOCK_PATIENCE_S}`,
    '--option=APT::Status-Fd=3',
    'install',
  ];
  return run('apt-get', [...args, ...names], {
    env: quietEnvironment(),
    onStatusLine(line) {
      // "dlstatus:4:37.5:Retrieving file 4 of 12", "pmstatus:ffmpeg:80.1:Configuring ffmpeg"
      const [kind, , percent, text = ''] = line.split(':');
      if (kind === 'dlstatus' || kind === 'pmstatus') progress(`${Math.round(Number(percent))} % ${text}`);
    },
  });
}

function quietEnvironment() {
  // C: the messages below are recognised by their English words.
  return { ...process.env, DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_MODE: 'l', LC_ALL: 'C.UTF-8' };
}

function isLocked(lines) {
  return /Could not get lock|is another process using it/i.test(lines.join('\n'));
}

/** What the failure of apt-get means and what to do about it. */
export function aptProblem(names, lines) {
  const text = lines.join('\n');
  const details = lines.filter((line) => /^(E:|W:|Err|dpkg: error)/.test(line)).slice(0, 6);
  const command = `apt-get update && apt-get install -y --no-install-recommends ${names.join(' ')}`;
  if (isLocked(lines)) {
    return new SetupProblem(
      {
        vi: 'Một chương trình khác đang cài gói Debian. Hãy chờ nó xong rồi chạy lại. Xem đó là chương trình nào:',
        en: 'Another program is installing Debian packages. Let it finish and run this again. To see which it is:',
      },
      { details, command: "ps -eo pid,etime,args | grep -E '[a]pt|[d]pkg'" },
    );
  }
  if (/No space left|enough free space/i.test(text)) {
    return new SetupProblem(
      { vi: 'Ổ đĩa đã đầy. Hãy giải phóng khoảng 2 GB rồi chạy lại.', en: 'The disk is full. Free about 2 GB and run this again.' },
      { details },
    );
  }
  if (
    /resolving|resolve|Failed to fetch|Unable to connect|Unable to locate package|has no installation candidate|Cannot initiate the connection/i.test(
      text,
    )
  ) {
    return new SetupProblem(
      {
        vi: 'Không tải được gói từ kho Debian. Hãy kiểm tra mạng và /etc/apt/sources.list (hoặc sources.list.d), rồi thử lệnh này và chạy lại:',
        en: 'The packages could not be fetched from the Debian mirror. Check the network and /etc/apt/sources.list (or sources.list.d), try this, then run this again:',
      },
      { details, command },
    );
  }
  return new SetupProblem(
    { vi: 'Không cài được các gói Debian. Hãy thử:', en: 'The Debian packages could not be installed. Try:' },
    { details: details.length > 0 ? details : lines.slice(-8), command },
  );
}
