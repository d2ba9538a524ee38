import { PassThrough } from 'node:stream';
import { AppError, errorText } from '../../errors.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { runFfmpeg } from '../ffmpeg/ffmpeg.ts';
import { FfmpegError } from '../ffmpeg/ffmpeg-error.ts';
import { allowedAddress, type GuardedProxy, startGuardedProxy } from './guarded-proxy.ts';
import { readOggStream } from './ogg-stream.ts';
import { createAddressRule } from './public-address.ts';
import { stationAlias } from './station-alias.ts';

export interface RelayOpenerDeps {
  /** Networks (CIDR) that may be relayed from although they are private, for example the studio's encoder. */
  allowedNetworks: readonly string[];
  logger: Logger;
}

export interface RelayStream {
  packets: AsyncIterable<{ data: Uint8Array; durationSamples: number }>;
  close(): Promise<void>;
}

/** No station takes a day; whoever relays for longer opens it again. */
const LONGEST_S = 24 * 3600;
const SILENT_CONNECTION_US = 5_000_000;
/** What may reach the network: HTTP and HTTPS through our proxy (`httpproxy` is CONNECT), keys of encrypted playlists. */
const PROTOCOLS = 'http,https,tcp,tls,httpproxy,crypto,data';
/** Containers of radio. Not `concat`, whose text could name any address. */
const FORMATS = 'mp3,aac,ogg,hls,applehttp,mpegts,flac,wav,mov,mp4,m4a,matroska,webm,asf,loas';
const OUTPUT =
  '-map 0:a:0 -vn -sn -dn -ac 1 -ar 48000 -c:a libopus -b:a 48k -vbr on -frame_duration 20 -fec 1 -packet_loss 5 -page_duration 20000 -flush_packets 1 -f ogg';

/** Opens stations: `http` and `https` (Icecast, HLS) on public addresses, decoded and encoded by ffmpeg to mono Opus in 20 ms packets. */
export function createRelayOpener(deps: RelayOpenerDeps): (options: { url: string; signal: AbortSignal }) => Promise<RelayStream> {
  const isAllowed = createAddressRule(deps.allowedNetworks);
  return async ({ url, signal }) => {
    await checkUrl(url, isAllowed);
    const alias = stationAlias(url);
    const proxy = await startGuardedProxy(isAllowed, alias);
    const told = alias?.url ?? url;
    const ending = new AbortController();
    const end = (): void => ending.abort(new Error('the relay was closed'));
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    const output = new PassThrough({ emitClose: false, highWaterMark: 64 * 1024 });
    const running = runFfmpeg({
      input: { url: told, proxyPort: Number(new URL(proxy.url).port) },
      inputOptions: [
        ...['-hide_banner', '-nostats', '-loglevel', 'error', '-protocol_whitelist', PROTOCOLS, '-format_whitelist', FORMATS],
        ...['-http_proxy', proxy.url, '-rw_timeout', String(SILENT_CONNECTION_US), '-user_agent', 'LoaXa/1'],
        // Off unless asked for; and an option that the address has no use for is an error.
        ...(told.startsWith('https:') ? ['-tls_verify', '1'] : []),
        ...['-fflags', 'nobuffer', '-analyzeduration', '1000000', '-probesize', '65536'],
      ],
      outputs: [{ target: output, options: OUTPUT.split(' ') }],
      limits: { memoryBytes: 1024 ** 3, cpuSeconds: LONGEST_S, fileBytes: 1024 ** 2, wallSeconds: LONGEST_S },
      onAir: true,
      signal: ending.signal,
    });
    // The reader meets the failure at the end of what was read; alone it must not end the process.
    running.catch((error) => {
      deps.logger.debug({ error: errorText(error) }, 'ffmpeg of a relay ended');
      output.end();
    });
    return {
      packets: packetsOf(output, running, proxy),
      async close() {
        signal.removeEventListener('abort', end);
        end();
        output.destroy();
        await running.catch(() => undefined);
        await proxy.close();
      },
    };
  };
}

async function* packetsOf(
  output: PassThrough,
  running: Promise<string>,
  proxy: GuardedProxy,
): AsyncGenerator<{ data: Uint8Array; durationSamples: number }> {
  yield* readOggStream(output);
  try {
    await running;
  } catch (error) {
    const host = proxy.refused[0];
    if (host !== undefined) throw refused(host, 'the station leads to an address that is not allowed', error);
    if (error instanceof FfmpegError && error.reason === 'missing') throw ffmpegMissing(error);
    throw error instanceof FfmpegError ? new Error(error.stderr.split('\n').at(-1) || error.message, { cause: error }) : error;
  }
}

async function checkUrl(text: string, isAllowed: (address: string) => boolean): Promise<void> {
  let url: URL;
  try {
    url = new URL(text);
  } catch (error) {
    throw refused(text, 'it is no URL', error);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refused(url.host, `${url.protocol} is not relayed, only http and https`);
  let address: string | undefined;
  try {
    address = await allowedAddress(url.hostname, isAllowed);
  } catch (error) {
    // A name server that is away may be back in a moment: no refusal, the caller tries again.
    throw new Error(`the name ${url.hostname} cannot be resolved: ${errorText(error)}`, { cause: error });
  }
  if (address === undefined) throw refused(url.host, 'it lies in a private network');
}

function refused(host: string, reason: string, cause?: unknown): AppError {
  return new AppError({
    code: 'media.relay_refused',
    status: 422,
    words: {
      vi: `Không được tiếp âm từ địa chỉ này (${host}). Chỉ nhận http/https của đài trên mạng công cộng, hoặc mạng riêng đã được cho phép trong cấu hình.`,
      en: `This address (${host}) may not be relayed: ${reason}. Use http/https of a public station, or allow the private network in the configuration.`,
    },
    details: { host, reason },
    cause,
  });
}

function ffmpegMissing(cause: unknown): AppError {
  return new AppError({
    code: 'media.ffmpeg_missing',
    status: 422,
    words: {
      vi: 'Máy chủ chưa cài ffmpeg nên không tiếp âm được.',
      en: 'ffmpeg is not installed on the server, so nothing can be relayed.',
    },
    cause,
  });
}
