import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { LONGEST_WAKE_UP_MS } from '../controller/protocol/attention-signals.ts';
import type { ClaimsSource } from './claims/issue-claims.ts';
import { isProfileName, PROFILE_NAMES, type ProfileName } from './network/profiles.ts';

export interface SimulatorOptions {
  speakers: number;
  hamlets: number;
  network: ProfileName;
  /** undefined: until it is stopped. */
  durationS: number | undefined;
  claims: string | undefined;
  /** A controller that issues them. */
  claimsFrom: ClaimsSource | undefined;
  identityDirectory: string;
  decodeShare: number;
  driftPpm: number;
  wakeUpMs: number;
  wakeUpShare: number;
  seed: string;
  listen: Map<string, string>;
  script: string | undefined;
  controlPort: number | undefined;
  json: string | undefined;
  statusJson: boolean;
  help: boolean;
}

/** Never an argument: those are seen by everybody on the machine. */
const PASSWORD_VARIABLE = 'LOA_XA_SIM_PASSWORD';

export const USAGE = `Simulated speakers for a Loa Xa controller

  npm run sim -- [options]

  --claims FILE         claim codes, one a line (text, JSON string, or {"claimCode","hamletId"}); "-" reads standard input.
                        Needed at the first start; afterwards the identities are kept.
  --claims-from URL     get the claim codes from a controller, for example https://localhost:8443; its free clusters become simulated speakers
  --user NAME           an administrator or technician there; the password is read from the environment (${PASSWORD_VARIABLE})
  --password-file FILE  ... or from the first line of this file
  --ca FILE             the commune's authority (PEM, from the console's /ca.crt), or
  --ca-sha256 HEX       its SHA-256, as tls/authority.pem on the server has it: nothing is sent to a server that can't show it
  --create-places       add hamlets and clusters there when there are fewer than --hamlets and --speakers: for a test controller
  --identity-dir DIR    keys, certificates and receipts of the speakers (default: .loa-xa-sim)
  --speakers N          at most so many (default: all that are known)
  --hamlets N           deal speakers without a known hamlet out over so many (default: 15)
  --network PROFILE     ${PROFILE_NAMES.join(', ')} (default: lan)
  --duration SECONDS    stop and report after so long (default: at Ctrl+C)
  --decode SHARE        share of the speakers that decode what they receive, 0 to 1 (default: 0)
  --drift PPM           crystals are within +- this (default: 50)
  --wake-up MS          what the amplifiers need from power-down to full sound, 0 to 10000 (default: 0, they never power down)
  --wake-up-share SHARE of the speakers that have such amplifiers, 0 to 1 (default: 1)
  --seed TEXT           the same seed gives the same drifts, delays and losses (default: 1)
  --listen SPEAKER FILE what this horn plays, as a WAV file on the timeline of true time (repeatable; SPEAKER=FILE too)
  --script FILE         faults at their times (YAML or JSON), for example:
                          - { at: 10s, hamlet: ap-03, power: off, for: 30s }
                          - { at: 20s, speakers: [SIM-0001], line: open }
  --control-port PORT   HTTP switchboard for faults on the loopback address (0 takes a free one); prints its token
  --json FILE           the report as JSON
  --status-json         a line of JSON a second on standard output instead of text
  --help

Claim codes are secrets: they are read once and never printed.
`;

/** `--listen SPEAKER FILE` as the parser takes it: `--listen SPEAKER=FILE`. */
function joinPairs(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const [name, speaker, file] = args.slice(index, index + 3);
    if (name === '--listen' && speaker && file && !speaker.includes('=') && !speaker.startsWith('-') && !file.startsWith('--')) {
      joined.push(name, `${speaker}=${file}`);
      index += 2;
    } else joined.push(args[index] as string);
  }
  return joined;
}

/** Throws an Error in words for what can't be understood. */
export function readOptions(args: readonly string[], environment: NodeJS.ProcessEnv = {}): SimulatorOptions {
  const { values } = parseArgs({
    args: joinPairs(args),
    strict: true,
    options: {
      claims: { type: 'string' },
      'claims-from': { type: 'string' },
      user: { type: 'string' },
      'password-file': { type: 'string' },
      ca: { type: 'string' },
      'ca-sha256': { type: 'string' },
      'create-places': { type: 'boolean', default: false },
      'identity-dir': { type: 'string', default: '.loa-xa-sim' },
      speakers: { type: 'string' },
      hamlets: { type: 'string', default: '15' },
      network: { type: 'string', default: 'lan' },
      duration: { type: 'string' },
      decode: { type: 'string', default: '0' },
      drift: { type: 'string', default: '50' },
      'wake-up': { type: 'string', default: '0' },
      'wake-up-share': { type: 'string', default: '1' },
      seed: { type: 'string', default: '1' },
      listen: { type: 'string', multiple: true, default: [] },
      script: { type: 'string' },
      'control-port': { type: 'string' },
      json: { type: 'string' },
      'status-json': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const number = (name: string, text: string, low: number, high: number): number => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value) || value < low || value > high)
      throw new Error(`--${name} must be a number from ${low} to ${high}`);
    return value;
  };
  if (!isProfileName(values.network)) throw new Error(`--network must be one of ${PROFILE_NAMES.join(', ')}`);
  const listen = new Map<string, string>();
  for (const pair of values.listen) {
    const split = pair.indexOf('=');
    if (split < 1 || split === pair.length - 1) throw new Error('--listen wants SPEAKER FILE (or SPEAKER=FILE)');
    listen.set(pair.slice(0, split), pair.slice(split + 1));
  }
  return {
    speakers: values.speakers === undefined ? Number.POSITIVE_INFINITY : number('speakers', values.speakers, 1, 20_000),
    hamlets: number('hamlets', values.hamlets, 1, 1000),
    network: values.network,
    durationS: values.duration === undefined ? undefined : number('duration', values.duration, 0, 1e7),
    claims: values.claims,
    claimsFrom: readClaimsSource(values, environment),
    identityDirectory: values['identity-dir'],
    decodeShare: number('decode', values.decode, 0, 1),
    driftPpm: number('drift', values.drift, 0, 400),
    wakeUpMs: Math.round(number('wake-up', values['wake-up'], 0, LONGEST_WAKE_UP_MS)),
    wakeUpShare: number('wake-up-share', values['wake-up-share'], 0, 1),
    seed: values.seed,
    listen,
    script: values.script,
    controlPort: values['control-port'] === undefined ? undefined : number('control-port', values['control-port'], 0, 65_535),
    json: values.json,
    statusJson: values['status-json'],
    help: values.help,
  };
}

type SourceValues = Partial<Record<'claims' | 'claims-from' | 'user' | 'password-file' | 'ca' | 'ca-sha256', string>> & {
  'create-places': boolean;
};

function readClaimsSource(values: SourceValues, environment: NodeJS.ProcessEnv): ClaimsSource | undefined {
  const address = values['claims-from'];
  if (address === undefined) {
    for (const name of ['user', 'password-file', 'ca', 'ca-sha256'] as const)
      if (values[name] !== undefined) throw new Error(`--${name} belongs to --claims-from URL`);
    if (values['create-places']) throw new Error('--create-places belongs to --claims-from URL');
    return undefined;
  }
  if (values.claims !== undefined) throw new Error('--claims and --claims-from exclude each other');
  if (!URL.canParse(address) || new URL(address).protocol !== 'https:')
    throw new Error('--claims-from wants an address such as https://localhost:8443');
  if (values.user === undefined) throw new Error('--claims-from wants --user NAME, an administrator or technician of that controller');
  if ((values.ca === undefined) === (values['ca-sha256'] === undefined))
    throw new Error(
      '--claims-from wants either --ca FILE or --ca-sha256 HEX, to know the controller by. On the server: openssl x509 -in DATA/tls/authority.pem -noout -fingerprint -sha256',
    );
  const sha256 = values['ca-sha256']?.replaceAll(':', '').toLowerCase() ?? '';
  if (values.ca === undefined && !/^[0-9a-f]{64}$/.test(sha256)) throw new Error('--ca-sha256 wants 64 hexadecimal digits');
  const file = values['password-file'];
  const password = file === undefined ? environment[PASSWORD_VARIABLE] : readFileSync(file, 'utf8').split('\n', 1)[0]?.trim();
  if (!password) throw new Error(`no password for ${values.user}: set ${PASSWORD_VARIABLE}, or name a --password-file`);
  return {
    url: new URL(address),
    username: values.user,
    password,
    authority: values.ca === undefined ? { sha256 } : { file: values.ca },
    createPlaces: values['create-places'],
  };
}
