import type { types } from 'mediasoup-client';
import type { OpenMicrophoneResponse } from '../../../controller/protocol/microphone.ts';
import { call } from '../../api/client.ts';
import { firstNews } from './first-news.ts';

/** A microphone on its way to the poles: the WebRTC path, and the broadcast that carries it. */
export interface MicrophonePath {
  microphoneId: string;
  /** Called once when the path to the server breaks, or at once when it has. */
  onBroken(listener: () => void): void;
  close(): void;
}

/**
 * Opens the path for one track (mediasoup over HTTP: open, connect, produce). Nothing sounds by it alone: a broadcast with this
 * microphone as its content does.
 */
export async function openMicrophonePath(track: MediaStreamTrack): Promise<MicrophonePath> {
  const [{ Device }, opened] = await Promise.all([
    import('mediasoup-client'),
    call<OpenMicrophoneResponse>('POST', '/api/microphones', {}),
  ]);
  const { microphoneId } = opened;
  const device = new Device();
  await device.load({ routerRtpCapabilities: opened.routerRtpCapabilities as types.RtpCapabilities });
  const transport = device.createSendTransport(opened.transport as unknown as types.TransportOptions);
  const broken = firstNews<'broken'>();
  transport.on('connect', ({ dtlsParameters }, done, failed) => {
    call('POST', `/api/microphones/${microphoneId}/connect`, { dtlsParameters }).then(() => done(), failed);
  });
  transport.on('produce', ({ rtpParameters }, done, failed) => {
    call<{ producerId: string }>('POST', `/api/microphones/${microphoneId}/produce`, { rtpParameters }).then(
      ({ producerId }) => done({ id: producerId }),
      failed,
    );
  });
  transport.on('connectionstatechange', (state) => {
    if (state === 'failed' || state === 'disconnected') broken.tell('broken');
  });
  try {
    await transport.produce({
      track,
      stopTracks: false,
      codecOptions: { opusStereo: false, opusFec: true, opusDtx: false, opusPtime: 20, opusMaxAverageBitrate: 48_000 },
    });
  } catch (problem) {
    transport.close();
    throw problem;
  }
  return {
    microphoneId,
    onBroken: broken.listen,
    close() {
      broken.close();
      transport.close();
      // The broadcast has ended or will end by its own rule; a microphone that is not closed here times out on the server.
      call('DELETE', `/api/microphones/${microphoneId}`).catch(() => {});
    },
  };
}
