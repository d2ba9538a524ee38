import { z } from 'zod';
import { uuid } from './ids.ts';

/**
 * Opening a browser's microphone (mediasoup-client over HTTP): open -> connect -> produce, then start a broadcast whose content
 * is this microphone. Parameters are mediasoup's own JSON structures, checked by mediasoup itself.
 */
const mediasoupJson = z.record(z.string(), z.unknown());

export const openMicrophoneResponse = z.object({
  microphoneId: uuid,
  routerRtpCapabilities: mediasoupJson,
  transport: z.object({
    id: z.string(),
    iceParameters: mediasoupJson,
    iceCandidates: z.array(mediasoupJson),
    dtlsParameters: mediasoupJson,
  }),
});
export type OpenMicrophoneResponse = z.infer<typeof openMicrophoneResponse>;
export const connectMicrophone = z.object({ dtlsParameters: mediasoupJson });
export const produceMicrophone = z.object({ rtpParameters: mediasoupJson });
export const produceMicrophoneResponse = z.object({ producerId: z.string() });
export const microphoneParams = z.object({ microphoneId: uuid });
