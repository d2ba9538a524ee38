import { parseArgs } from 'node:util';
import { isProfileName, PROFILE_NAMES, type ProfileName } from './network/profiles.ts';

export interface SimulatorOptions {
  speakers: number;
  hamlets: number;
  network: ProfileName;
  /** undefined: until it is stopped. */
  durationS: number | undefined;
  claims: string | undefined;
  identityDirectory: string;
  decodeShare: number;
  driftPpm: number;
  seed: string;
  listen: Map<string, string>;
  script: string | undefined;
  controlPort: number | undefined;
  json: string | undefined;
  statusJson: boolean;
  help: boolean;
}

export const USAGE = `Simulated speakers for a Loa Xa controller

  npm run sim -- [options]

  --claims FILE         claim codes, one a line (text, JSON string, or {"claimCode","hamletId"}); "-" reads standard input.
                        Needed at the first start; afterwards the identities are kept.
  --identity-dir DIR    keys, certificates and receipts of the speakers (default: .loa-xa-sim)
  --speakers N          at most so many (default: all that are known)
  --hamlets N           deal speakers without a known hamlet out over so many (default: 15)
  --network PROFILE     ${PROFILE_NAMES.join(', ')} (default: lan)
  --duration SECONDS    stop and report after so long (default: at Ctrl+C)
  --decode SHARE        share of the speakers that decode what they receive, 0 to 1 (default: 0)
  --drift PPM           crystals are within +- this (default: 50)
  --seed TEXT           the same seed gives the same drifts, delays and losses (default: 1)
  --listen SPEAKER=FILE what this horn plays, as a WAV file on the timeline of true time (repeatable)
  --script FILE         faults at their times (YAML or JSON), for example:
                          - { at: 10s, hamlet: ap-03, power: off, for: 30s }
                          - { at: 20s, speakers: [SIM-0001], line: open }
  --control-port PORT   HTTP switchboard for faults on the loopback address (0 takes a free one); prints its token
  --json FILE           the report as JSON
  --status-json         a line of JSON a second on standard output instead of text
  --help

Claim codes are secrets: they are read once and never printed.
`;

/** Throws an Error in words for what can't be understood. */
export function readOptions(args: readonly string[]): SimulatorOptions {
  const { values } = parseArgs({
    args: [...args],
    strict: true,
    options: {
      claims: { type: 'string' },
      'identity-dir': { type: 'string', default: '.loa-xa-sim' },
      speakers: { type: 'string' },
      hamlets: { type: 'string', default: '15' },
      network: { type: 'string', default: 'lan' },
      duration: { type: 'string' },
      decode: { type: 'string', default: '0' },
      drift: { type: 'string', default: '50' },
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
    if (split < 1 || split === pair.length - 1) throw new Error('--listen wants SPEAKER=FILE');
    listen.set(pair.slice(0, split), pair.slice(split + 1));
  }
  return {
    speakers: values.speakers === undefined ? Number.POSITIVE_INFINITY : number('speakers', values.speakers, 1, 20_000),
    hamlets: number('hamlets', values.hamlets, 1, 1000),
    network: values.network,
    durationS: values.duration === undefined ? undefined : number('duration', values.duration, 0, 1e7),
    claims: values.claims,
    identityDirectory: values['identity-dir'],
    decodeShare: number('decode', values.decode, 0, 1),
    driftPpm: number('drift', values.drift, 0, 400),
    seed: values.seed,
    listen,
    script: values.script,
    controlPort: values['control-port'] === undefined ? undefined : number('control-port', values['control-port'], 0, 65_535),
    json: values.json,
    statusJson: values['status-json'],
    help: values.help,
  };
}
