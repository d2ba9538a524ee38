import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';

/** What mediasoup says of itself, as far as a browser needs it to produce. No packet arrives anywhere: there is no candidate to send to. */
const ROUTER = {
  codecs: [
    {
      kind: 'audio',
      mimeType: 'audio/opus',
      clockRate: 48_000,
      channels: 2,
      preferredPayloadType: 100,
      parameters: {},
      rtcpFeedback: [{ type: 'transport-cc', parameter: '' }],
    },
  ],
  headerExtensions: [],
};
const FINGERPRINT = Array.from({ length: 32 }, () => 'AB').join(':');

export function fakeMicrophoneRoutes(app: FastifyInstance): void {
  app.post('/api/microphones', (_request, reply) =>
    reply.code(201).send({
      microphoneId: randomUUID(),
      routerRtpCapabilities: ROUTER,
      transport: {
        id: randomUUID(),
        iceParameters: { usernameFragment: 'fakeuser', password: 'fakepasswordfakepassword', iceLite: true },
        iceCandidates: [],
        dtlsParameters: { role: 'auto', fingerprints: [{ algorithm: 'sha-256', value: FINGERPRINT }] },
      },
    }),
  );
  app.post('/api/microphones/:microphoneId/connect', (_request, reply) => reply.code(204).send());
  app.post('/api/microphones/:microphoneId/produce', () => ({ producerId: randomUUID() }));
  app.delete('/api/microphones/:microphoneId', (_request, reply) => reply.code(204).send());
}
