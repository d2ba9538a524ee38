/**
 * The options of `npm start`: the command line's names for the environment variables that controller/config.ts reads and checks.
 * Plain JavaScript without dependencies, because `--help` must answer before anything is installed.
 */

/**
 * @typedef {object} Option
 * @property {string} [flag] without it the option exists as an environment variable only (a secret on a command line is everybody's)
 * @property {string} variable
 * @property {string} [value] what the value looks like, for the help; an option without one is a switch
 * @property {string} [whenGiven] the variable's value that a switch stands for
 * @property {string} [fallback] the default, for the help
 * @property {string} description
 */

/** @type {readonly Option[]} */
export const OPTIONS = [
  {
    flag: '--data-dir',
    variable: 'LOA_XA_DATA_DIR',
    value: 'FOLDER',
    fallback: '/var/lib/loa-xa as root, else ~/.local/share/loa-xa; the demo: loa-xa-demo there',
    description: 'everything the commune must not lose: database, sound files, keys',
  },
  { flag: '--https-port', variable: 'LOA_XA_HTTPS_PORT', value: 'PORT', fallback: '8443', description: 'console and API' },
  { flag: '--speaker-port', variable: 'LOA_XA_SPEAKER_PORT', value: 'PORT', fallback: '8444', description: "speakers' control channel" },
  {
    flag: '--media-ports',
    variable: 'LOA_XA_MEDIA_PORTS',
    value: 'FIRST-LAST',
    fallback: '40000-44999',
    description: 'UDP ports of the sound',
  },
  {
    flag: '--listen',
    variable: 'LOA_XA_LISTEN',
    value: 'ADDRESS',
    fallback: ':: (every address, IPv4 and IPv6)',
    description: 'address to listen on',
  },
  {
    flag: '--public-address',
    variable: 'LOA_XA_PUBLIC_ADDRESS',
    value: 'NAME',
    fallback: "the machine's own addresses",
    description: 'name or address under which speakers and browsers reach this server',
  },
  { flag: '--commune', variable: 'LOA_XA_COMMUNE', value: 'NAME', fallback: 'Xã mẫu', description: "the commune's name" },
  {
    flag: '--time-zone',
    variable: 'LOA_XA_TIME_ZONE',
    value: 'ZONE',
    fallback: 'Asia/Ho_Chi_Minh',
    description: 'time zone of the schedules',
  },
  { flag: '--no-demo', variable: 'LOA_XA_DEMO', whenGiven: '0', description: 'no demo commune and no simulated speakers' },
  {
    flag: '--demo-speakers',
    variable: 'LOA_XA_DEMO_SPEAKERS',
    value: 'COUNT',
    fallback: '60',
    description: 'simulated speakers of the demo',
  },
  {
    flag: '--demo-network',
    variable: 'LOA_XA_DEMO_NETWORK',
    value: 'PROFILE',
    fallback: 'fibre',
    description: 'network between them and the controller: lan, fibre, 4g, 4g-bad',
  },
  {
    flag: '--language',
    variable: 'LOA_XA_LANGUAGE',
    value: 'vi|en',
    fallback: "the terminal's (LANG), else en",
    description: 'language of set-up and of the terminal',
  },
  {
    flag: '--log-level',
    variable: 'LOA_XA_LOG_LEVEL',
    value: 'LEVEL',
    fallback: 'info',
    description: 'fatal, error, warn, info, debug, trace or silent',
  },
  {
    flag: '--new-authority',
    variable: 'LOA_XA_NEW_AUTHORITY',
    whenGiven: '1',
    description: "replaces a lost key of the commune's certificate authority; every speaker must then be enrolled again",
  },
  {
    flag: '--new-database',
    variable: 'LOA_XA_NEW_DATABASE',
    whenGiven: '1',
    description: 'replaces a lost private database by an empty one, where there is no backup',
  },
  {
    variable: 'DATABASE_URL',
    fallback: 'a private PostgreSQL server, started and ended with the controller',
    description: 'postgresql://user:password@host/database',
  },
  {
    variable: 'REDIS_URL',
    fallback: 'a private Redis server, started and ended with the controller',
    description: 'redis://host:6379',
  },
  {
    variable: 'LOA_XA_MEDIA_WORKERS',
    fallback: 'one less than the processor has cores',
    description: 'media server processes',
  },
  {
    variable: 'LOA_XA_RELAY_NETWORKS',
    fallback: 'none',
    description: 'private networks that may be relayed from: 192.168.1.0/24,10.0.0.0/8',
  },
  {
    variable: 'LOA_XA_METRICS_TOKEN',
    fallback: 'figures for the machine itself only',
    description: 'secret that Prometheus shows to read /metrics, 16 letters or more',
  },
  {
    variable: 'LOA_XA_SHERPA_MODEL_DIR',
    fallback: 'espeak-ng speaks',
    description: 'folder with a sherpa-onnx voice',
  },
  {
    variable: 'MEDIASOUP_WORKER_BIN',
    fallback: 'built by set-up',
    description: 'the media server worker to use; one that lacks our patches is refused',
  },
  { variable: 'LOA_XA_CACHE', fallback: '~/.cache/loa-xa', description: 'where set-up keeps the runtime and the worker' },
];

/** A mistake on the command line, in words. */
export class OptionError extends Error {}

/**
 * @param {readonly string[]} argv the arguments after the script's name
 * @returns {{ help: boolean, environment: Record<string, string> }} variables to add to the environment; a flag wins over a variable
 * @throws {OptionError}
 */
export function parseOptions(argv) {
  /** @type {Record<string, string>} */
  const environment = {};
  let help = false;
  for (let index = 0; index < argv.length; index += 1) {
    const argument = argv[index];
    const equals = argument.indexOf('=');
    const flag = argument.startsWith('--') && equals > 0 ? argument.slice(0, equals) : argument;
    if (flag === '--help' || flag === '-h') {
      help = true;
      continue;
    }
    const option = OPTIONS.find((candidate) => candidate.flag === flag);
    if (!option) throw new OptionError(unknown(flag));
    if (option.value === undefined) {
      if (equals > 0) throw new OptionError(`${flag} takes no value.`);
      environment[option.variable] = option.whenGiven;
      continue;
    }
    const inline = equals > 0 ? argument.slice(equals + 1) : undefined;
    const value = inline ?? argv[index + 1];
    if (value === undefined || value === '' || (inline === undefined && value.startsWith('--'))) {
      throw new OptionError(`${flag} needs a value: ${flag} ${option.value}`);
    }
    if (inline === undefined) index += 1;
    environment[option.variable] = value;
  }
  return { help, environment };
}

/** @returns {string} */
export function helpText() {
  const names = OPTIONS.map((option) => (option.flag ? [option.flag, option.value].filter(Boolean).join(' ') : option.variable));
  const width = Math.max(...names.map((name) => name.length)) + 2;
  const lines = OPTIONS.map((option, index) => {
    const fallback = option.fallback ? `\n${' '.repeat(width + 4)}default: ${option.fallback}` : '';
    const variable = option.flag ? ` [${option.variable}]` : '';
    return { isVariable: !option.flag, text: `  ${names[index].padEnd(width)}  ${option.description}${variable}${fallback}` };
  });
  return [
    "Loa Xã - controller of a commune's IP loudspeakers",
    '',
    'Usage: npm start -- [options]',
    '',
    'Options (each can also be given as the environment variable in brackets):',
    ...lines.filter((line) => !line.isVariable).map((line) => line.text),
    `  ${'--help'.padEnd(width)}  this text`,
    '',
    'Environment variables:',
    ...lines.filter((line) => line.isVariable).map((line) => line.text),
    '',
    'Other commands: npm test, npm run setup, npm run sim -- --help, npm run bench -- --help',
    '',
  ].join('\n');
}

function unknown(flag) {
  if (!flag.startsWith('-')) return `"${flag}" is not an option. Options begin with --; npm start -- --help lists them.`;
  const known = ['--help', ...OPTIONS.flatMap((option) => option.flag ?? [])];
  const nearest = known.map((name) => ({ name, distance: editDistance(flag, name) })).sort((a, b) => a.distance - b.distance)[0];
  const hint = nearest.distance <= Math.max(2, Math.floor(flag.length / 3)) ? ` Did you mean ${nearest.name}?` : '';
  return `There is no option ${flag}.${hint} npm start -- --help lists them all.`;
}

/** Levenshtein's distance: how many letters to add, remove or change. */
function editDistance(from, to) {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let line = 1; line <= from.length; line += 1) {
    const next = [line];
    for (let column = 1; column <= to.length; column += 1) {
      const change = row[column - 1] + (from[line - 1] === to[column - 1] ? 0 : 1);
      next.push(Math.min(change, row[column] + 1, next[column - 1] + 1));
    }
    row = next;
  }
  return row[to.length];
}
