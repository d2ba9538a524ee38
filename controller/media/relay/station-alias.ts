/** A name that can belong to nobody (RFC 6761 section 6.4). */
const ALIAS_HOST = 'station.invalid';

/**
 * A station's address as ffmpeg is told it, where the real one holds a password or a key: what stands in a program's arguments can be read
 * by every account of the machine. The proxy puts the secrets back. Paths stay as they are, so that what a playlist names relative to itself is found.
 */
export interface StationAlias {
  /** For ffmpeg. */
  readonly url: string;
  /** The real address of what ffmpeg asks for, without name and password; undefined: it is not asking this station. */
  realOf(asked: URL): URL | undefined;
  /** The station's name and password (RFC 7617). */
  readonly authorization: string | undefined;
  /** A redirection of the station, as ffmpeg is to follow it: within the station by the alias, elsewhere as it is and without the password. */
  redirected(location: string, from: URL): string;
}

/** @returns undefined when the address holds no secret */
export function stationAlias(address: string): StationAlias | undefined {
  const station = new URL(address);
  const { username, password, search } = station;
  if (username === '' && password === '' && search === '') return undefined;
  station.username = '';
  station.password = '';
  const aliasOf = (url: URL, query: string): string => `http://${ALIAS_HOST}${url.pathname}${query}`;
  return {
    url: aliasOf(station, ''),
    authorization: username === '' && password === '' ? undefined : basic(username, password),
    realOf(asked) {
      if (asked.hostname !== ALIAS_HOST) return undefined;
      const isStart = asked.pathname === station.pathname && asked.search === '';
      return new URL(asked.pathname + (isStart ? search : asked.search), station.origin);
    },
    redirected(location, from) {
      const target = new URL(location, from);
      return target.origin === station.origin ? aliasOf(target, target.search) : target.href;
    },
  };
}

function basic(username: string, password: string): string {
  const plain = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(plain).toString('base64')}`;
}
