import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DEMO_NETWORKS, readConfig, terminalLanguage } from '../../../controller/config.ts';
import { helpText, OPTIONS, OptionError, parseOptions } from '../../../scripts/options.mjs';
import { isProfileName } from '../../../speaker-firmware-sim/network/profiles.ts';

describe('the options of npm start', () => {
  it('become the environment variables that the configuration reads', () => {
    const { environment } = parseOptions([
      ...['--data-dir', '/srv/loa', '--https-port=9443', '--speaker-port', '9444', '--media-ports', '41000-41999'],
      ...['--public-address', 'loa.example.vn', '--time-zone', 'Asia/Bangkok', '--no-demo', '--listen', '127.0.0.1', '--commune', 'Xã Thử'],
    ]);
    expect(readConfig(environment)).toMatchObject({
      dataDir: '/srv/loa',
      httpsPort: 9443,
      speakerPort: 9444,
      mediaPorts: { min: 41_000, max: 41_999 },
      publicAddress: 'loa.example.vn',
      timeZone: 'Asia/Bangkok',
      listenAddress: '127.0.0.1',
      communeName: 'Xã Thử',
      demo: { enabled: false },
    });
  });

  it.each([
    [['--https-prot', '1'], 'There is no option --https-prot. Did you mean --https-port?'],
    [['--data'], 'There is no option --data.'],
    [['--zzzzzzzzzz'], 'There is no option --zzzzzzzzzz. npm start'],
    [['--https-port'], '--https-port needs a value: --https-port PORT'],
    [['--https-port', '--no-demo'], '--https-port needs a value'],
    [['--https-port='], '--https-port needs a value'],
    [['--no-demo=1'], '--no-demo takes no value.'],
    [['8443'], '"8443" is not an option.'],
  ])('%j is refused in words', (argv, words) => {
    expect(() => parseOptions(argv)).toThrow(OptionError);
    expect(() => parseOptions(argv)).toThrow(words);
  });

  it('leave out nothing that the configuration reads', () => {
    const source = readFileSync(new URL('../../../controller/config.ts', import.meta.url), 'utf8');
    const read = new Set(source.match(/\b(LOA_XA_[A-Z_]+|DATABASE_URL|REDIS_URL)\b/g));
    expect([...read].sort()).toEqual(expect.arrayContaining(['LOA_XA_DATA_DIR', 'DATABASE_URL']));
    expect([...read].filter((name) => !OPTIONS.some((option) => option.variable === name))).toEqual([]);
  });

  it('name networks that the simulator knows, and refuse any other', () => {
    const help = OPTIONS.find((option) => option.flag === '--demo-network')?.description;
    expect(help).toContain(DEMO_NETWORKS.join(', '));
    expect(DEMO_NETWORKS.filter((name) => !isProfileName(name))).toEqual([]);
    expect(() => readConfig({ LOA_XA_DEMO_NETWORK: 'wlan' })).toThrow(/LOA_XA_DEMO_NETWORK.*"4g-bad"/);
  });

  it('give the demo a data directory of its own', () => {
    const folder = (LOA_XA_DEMO: string): string => readConfig({ LOA_XA_DEMO }).dataDir;
    expect(folder('0')).toMatch(/\/loa-xa$/);
    expect(folder('1')).toBe(`${folder('0')}-demo`);
    expect(readConfig({ LOA_XA_DATA_DIR: '/srv/loa' }).dataDir).toBe('/srv/loa');
  });

  it('are refused in the language that was asked for, whatever the rest is', () => {
    expect(terminalLanguage({ LOA_XA_LANGUAGE: 'vi', LANG: 'en_US.UTF-8', LOA_XA_HTTPS_PORT: 'x' })).toBe('vi');
    expect(terminalLanguage({ LOA_XA_LANGUAGE: 'fr', LANG: 'vi_VN.UTF-8' })).toBe('vi');
    expect(terminalLanguage({})).toBe('en');
    expect(() => readConfig({ LOA_XA_LISTEN: 'localhost' })).toThrow(/LOA_XA_LISTEN: an IP address of this machine/);
  });

  it('are all in the help, with their variables', () => {
    expect(parseOptions(['--help'])).toEqual({ help: true, environment: {} });
    const help = helpText();
    for (const { flag, variable } of OPTIONS) expect(help).toContain(flag ? `${flag}` : variable);
    for (const wanted of ['--data-dir', '--https-port', '--speaker-port', '--public-address', '--no-demo', 'DATABASE_URL', 'REDIS_URL']) {
      expect(help).toContain(wanted);
    }
  });
});
