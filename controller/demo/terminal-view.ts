import type { Words } from '../errors.ts';
import type { BroadcastSummary } from '../protocol/broadcasts.ts';
import { soundingOf } from '../protocol/sounding.ts';

export type Language = keyof Words;

/** What the simulator reports once a second (speaker-firmware-sim --status-json). True figures: it knows the real instants. */
export interface SimulatorFigures {
  speakers: number;
  connected: number;
  receiving: number;
  hearing: number;
  startLatencyMs: number | null;
  skewP50Ms: number | null;
  skewP99Ms: number | null;
  lossPercent: number | null;
  concealedPercent: number | null;
}

export interface TerminalState {
  communeName: string;
  consoleUrl: string;
  /** Of the commune's certificate authority, hex: what a person compares before importing /ca.crt. */
  authoritySha256: string;
  /** null once its password was changed. */
  firstLogin: { username: string; password: string | null; file: string } | null;
  nowMs: number;
  timeZone: string;
  onAir: readonly BroadcastSummary[];
  next: readonly BroadcastSummary[];
  isMuted(clusterId: string): boolean;
  speakers: { enrolled: number; connected: number; playing: number; faults: number };
  simulator: SimulatorFigures | null;
  conditions: readonly (Words & { clearedAtMs?: number | undefined })[];
  /** What is being done while nothing can sound yet, for example "enrolling 12 of 60 speakers". */
  step: Words | null;
}

const TEXT = {
  address: { vi: 'Bảng điều khiển', en: 'Console' },
  login: { vi: 'Đăng nhập lần đầu', en: 'First log-in' },
  passwordIn: { vi: 'mật khẩu ở', en: 'password in' },
  authority: { vi: 'SHA-256 của /ca.crt', en: 'SHA-256 of /ca.crt' },
  onAir: { vi: 'ĐANG PHÁT', en: 'ON AIR' },
  silent: { vi: 'Chưa phát gì', en: 'Nothing on air' },
  next: { vi: 'Tiếp theo', en: 'Next' },
  hears: { vi: 'cụm loa nghe thấy', en: 'clusters hear it' },
  connected: { vi: 'có kết nối', en: 'connected' },
  faults: { vi: 'lỗi', en: 'faults' },
  speakers: { vi: 'Loa', en: 'Speakers' },
  measured: { vi: 'Đo tại loa mô phỏng', en: 'Measured at the simulated speakers' },
  start: { vi: 'trễ khi bắt đầu', en: 'start latency' },
  skew: { vi: 'lệch giữa các loa (p50/p99)', en: 'skew between speakers (p50/p99)' },
  loss: { vi: 'mất gói', en: 'packet loss' },
  concealed: { vi: 'phải che', en: 'concealed' },
  normalAgainAt: { vi: 'Trở lại bình thường lúc', en: 'Back to normal at' },
  unknown: { vi: 'chưa có', en: 'none yet' },
  stop: { vi: 'Nhấn Ctrl+C để dừng', en: 'Press Ctrl+C to stop' },
} as const satisfies Record<string, Words>;

function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

function timeOfDay(epochMs: number, timeZone: string): string {
  return new Intl.DateTimeFormat('vi-VN', { timeZone, hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false }).format(
    epochMs,
  );
}

function milliseconds(value: number | null, missing: string): string {
  if (value === null) return missing;
  return `${Math.abs(value) < 10 ? value.toFixed(2) : value.toFixed(0)} ms`;
}

function percent(value: number | null, missing: string): string {
  return value === null ? missing : `${value.toFixed(2)} %`;
}

/** As openssl and the browsers write it, in two lines that fit a narrow terminal. */
function fingerprint(sha256: string): [string, string] {
  const pairs = sha256.toUpperCase().match(/../g) ?? [];
  return [`${pairs.slice(0, 16).join(':')}:`, pairs.slice(16).join(':')];
}

/** How to get in: where, as whom, and how to know that it is this server. Holds a secret: a log gets it once. */
export function renderOpening(state: TerminalState, language: Language): string[] {
  const say = (key: keyof typeof TEXT): string => TEXT[key][language];
  const { firstLogin } = state;
  const [first, second] = fingerprint(state.authoritySha256);
  return [
    `${say('address')}: ${state.consoleUrl}`,
    ...(firstLogin
      ? [`${say('login')}: ${firstLogin.username} / ${firstLogin.password ?? `${say('passwordIn')} ${firstLogin.file}`}`]
      : []),
    `${say('authority')}: ${first}`,
    `${' '.repeat(say('authority').length)}  ${second}`,
    '',
  ];
}

/** The state as lines of text, without any control character: the painter and a log file both can use it. The first line tells the time. */
export function renderTerminal(state: TerminalState, language: Language): string[] {
  const say = (key: keyof typeof TEXT): string => TEXT[key][language];
  const { simulator, speakers } = state;
  const lines = [`Loa Xã – ${state.communeName} – ${timeOfDay(state.nowMs, state.timeZone)}`];
  if (state.onAir.length === 0) lines.push(say('silent'));
  for (const broadcast of state.onAir) {
    const left = broadcast.durationMs === null ? '' : ` / ${duration(broadcast.durationMs)}`;
    const { sounding, due } = soundingOf(broadcast, state.isMuted);
    lines.push(`● ${say('onAir')}: ${broadcast.title} – ${duration(broadcast.positionMs)}${left} – ${sounding}/${due} ${say('hears')}`);
  }
  for (const broadcast of state.next.slice(0, 2))
    lines.push(`${say('next')}: ${timeOfDay(broadcast.startsAtMs, state.timeZone)} ${broadcast.title}`);
  lines.push(`${say('speakers')}: ${speakers.connected}/${speakers.enrolled} ${say('connected')}, ${speakers.faults} ${say('faults')}`);
  if (state.step) lines.push(`… ${state.step[language]}`);
  if (simulator) {
    const none = say('unknown');
    lines.push(
      `${say('measured')}: ${say('start')} ${milliseconds(simulator.startLatencyMs, none)}, ${say('skew')} ${milliseconds(simulator.skewP50Ms, none)} / ${milliseconds(simulator.skewP99Ms, none)},`,
      `  ${say('loss')} ${percent(simulator.lossPercent, none)}, ${say('concealed')} ${percent(simulator.concealedPercent, none)}`,
    );
  }
  for (const condition of state.conditions) {
    const over = condition.clearedAtMs;
    lines.push(
      over === undefined
        ? `! ${condition[language]}`
        : `✓ ${say('normalAgainAt')} ${timeOfDay(over, state.timeZone)}: ${condition[language]}`,
    );
  }
  lines.push('', say('stop'));
  return lines;
}
