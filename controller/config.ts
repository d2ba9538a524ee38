import { isIP } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { AppError } from './errors.ts';

const port = z.coerce.number().int().min(0).max(65_535);
const flag = z.enum(['0', '1', 'true', 'false', 'yes', 'no']).transform((text) => text === '1' || text === 'true' || text === 'yes');

const portRange = z
  .string()
  .regex(/^\d{1,5}-\d{1,5}$/, 'two ports with a dash between them, for example 40000-44999')
  .transform((text) => {
    const [min = 0, max = 0] = text.split('-').map(Number);
    return { min, max };
  })
  .refine(({ min, max }) => min >= 1024 && max <= 65_535 && max - min >= 99, 'a range of at least 100 ports between 1024 and 65535');

/** The simulator's names for what lies between it and the controller. */
export const DEMO_NETWORKS = ['lan', 'fibre', '4g', '4g-bad'] as const;

const timeZone = z.string().refine((name) => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}, 'an IANA time zone, for example Asia/Ho_Chi_Minh');

/** The demo has a folder of its own: whoever has tried it starts a real commune with nothing in it. */
function defaultDataDir(isDemo: boolean): string {
  const folder = isDemo ? 'loa-xa-demo' : 'loa-xa';
  if (process.getuid?.() === 0) return path.join('/var/lib', folder);
  return path.join(process.env.XDG_DATA_HOME ?? path.join(os.homedir(), '.local/share'), folder);
}

const environment = z.object({
  LOA_XA_DATA_DIR: z.string().min(1).optional(),
  LOA_XA_HTTPS_PORT: port.default(8443),
  LOA_XA_SPEAKER_PORT: port.default(8444),
  LOA_XA_MEDIA_PORTS: portRange.prefault('40000-44999'),
  LOA_XA_MEDIA_WORKERS: z.coerce.number().int().min(1).max(64).optional(),
  LOA_XA_LISTEN: z
    .string()
    .refine((address) => isIP(address) !== 0, 'an IP address of this machine, for example 0.0.0.0 or ::')
    .default('::'),
  LOA_XA_PUBLIC_ADDRESS: z.string().min(1).max(253).optional(),
  LOA_XA_COMMUNE: z.string().min(1).max(100).default('Xã mẫu'),
  LOA_XA_TIME_ZONE: timeZone.default('Asia/Ho_Chi_Minh'),
  LOA_XA_DEMO: flag.default(true),
  LOA_XA_DEMO_SPEAKERS: z.coerce.number().int().min(1).max(2000).default(60),
  LOA_XA_DEMO_NETWORK: z.enum(DEMO_NETWORKS).default('fibre'),
  LOA_XA_LANGUAGE: z.enum(['vi', 'en']).optional(),
  LOA_XA_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  LOA_XA_RELAY_NETWORKS: z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    ),
  LOA_XA_NEW_AUTHORITY: flag.default(false),
  LOA_XA_NEW_DATABASE: flag.default(false),
  LOA_XA_METRICS_TOKEN: z.string().min(16).optional(),
  LOA_XA_SHERPA_MODEL_DIR: z.string().min(1).optional(),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
  MEDIASOUP_WORKER_BIN: z.string().min(1).optional(),
});

export interface Config {
  dataDir: string;
  httpsPort: number;
  speakerPort: number;
  mediaPorts: { min: number; max: number };
  mediaWorkers: number;
  listenAddress: string;
  /** Host name or address under which speakers and browsers reach this server; null: the addresses of its interfaces. */
  publicAddress: string | null;
  communeName: string;
  timeZone: string;
  demo: { enabled: boolean; speakers: number; network: (typeof DEMO_NETWORKS)[number] };
  /** Of the terminal and of messages at start; the console has its own switch. */
  language: 'vi' | 'en';
  logLevel: string;
  /** Private networks (CIDR) that may be relayed from, for example a radio receiver in the same building; none by default, against request forgery. */
  relayNetworks: string[];
  /** A lost key of the certificate authority may be replaced by a new one: every speaker must be enrolled again. */
  newAuthority: boolean;
  /** A lost private database may be replaced by an empty one. */
  newDatabase: boolean;
  metricsToken: string | null;
  sherpaModelDir: string | null;
  databaseUrl: string | null;
  redisUrl: string | null;
  workerBin: string | null;
}

/** An IPv6 address as it stands in a URL (RFC 3986 section 3.2.2). */
export function inBrackets(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

/** The language of the terminal; asked for by itself where the rest of the configuration can't be read. */
export function terminalLanguage(env: Readonly<Record<string, string | undefined>>): Config['language'] {
  const { LOA_XA_LANGUAGE: asked, LANG: terminals } = env;
  if (asked === 'vi' || asked === 'en') return asked;
  return terminals?.startsWith('vi') ? 'vi' : 'en';
}

/**
 * Reads and checks the environment. Every option is here and nowhere else.
 * @throws AppError config.invalid naming each wrong variable and what would be right
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  // An empty variable means "not given": compose files and unit files set them so.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const result = environment.safeParse(given);
  if (!result.success) {
    const wrong = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
    throw new AppError({
      code: 'config.invalid',
      status: 500,
      words: {
        vi: `Cấu hình sai – ${wrong}. Sửa biến môi trường này (npm start -- --help liệt kê tất cả) rồi chạy lại.`,
        en: `The configuration is wrong - ${wrong}. Correct the variable (npm start -- --help lists them all) and start again.`,
      },
    });
  }
  const values = result.data;
  return {
    dataDir: path.resolve(values.LOA_XA_DATA_DIR ?? defaultDataDir(values.LOA_XA_DEMO)),
    httpsPort: values.LOA_XA_HTTPS_PORT,
    speakerPort: values.LOA_XA_SPEAKER_PORT,
    mediaPorts: values.LOA_XA_MEDIA_PORTS,
    mediaWorkers: values.LOA_XA_MEDIA_WORKERS ?? Math.max(1, os.availableParallelism() - 1),
    listenAddress: values.LOA_XA_LISTEN,
    publicAddress: values.LOA_XA_PUBLIC_ADDRESS ?? null,
    communeName: values.LOA_XA_COMMUNE,
    timeZone: values.LOA_XA_TIME_ZONE,
    demo: { enabled: values.LOA_XA_DEMO, speakers: values.LOA_XA_DEMO_SPEAKERS, network: values.LOA_XA_DEMO_NETWORK },
    language: terminalLanguage(given),
    logLevel: values.LOA_XA_LOG_LEVEL,
    relayNetworks: values.LOA_XA_RELAY_NETWORKS,
    newAuthority: values.LOA_XA_NEW_AUTHORITY,
    newDatabase: values.LOA_XA_NEW_DATABASE,
    metricsToken: values.LOA_XA_METRICS_TOKEN ?? null,
    sherpaModelDir: values.LOA_XA_SHERPA_MODEL_DIR ?? null,
    databaseUrl: values.DATABASE_URL ?? null,
    redisUrl: values.REDIS_URL ?? null,
    workerBin: values.MEDIASOUP_WORKER_BIN ?? null,
  };
}
