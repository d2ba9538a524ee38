import fastifyMultipart from '@fastify/multipart';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { newPlaces } from '../../controller/inventory/new-places.ts';
import type { BroadcastPreview, BroadcastSummary, StartBroadcast, Targets } from '../../controller/protocol/broadcasts.ts';
import { addPlaces, type ClusterChanges, type HamletChanges } from '../../controller/protocol/inventory.ts';
import { bulletinListQuery, type UpdateBulletin } from '../../controller/protocol/programmes.ts';
import type { EmergencySettings } from '../../controller/protocol/settings.ts';
import { wavHeader } from '../../speaker-firmware-sim/listen/wav.ts';
import { fold, matches } from '../../web-console/formats/search.ts';
import type { FakeApi } from './fake-api.ts';
import { fakeBroadcast, fakeBulletin } from './fake-commune.ts';
import { fakeMicrophoneRoutes } from './fake-microphone-routes.ts';

const SECOND_SAMPLES = 48_000;

const refuse = (reply: FastifyReply, status: number, code: string, vi: string, en: string): FastifyReply =>
  reply.code(status).send({ error: { code, vi, en } });

/** The routes the console calls, as far as its pages need them. */
export function fakeRoutes(app: FastifyInstance, api: FakeApi): void {
  void app.register(fastifyMultipart);
  const { commune } = api;
  const clusterIdsOf = (targets: Targets): string[] =>
    commune.clusters
      .filter((cluster) => cluster.kind === 'ip')
      .filter(
        (cluster) =>
          'everything' in targets || targets.hamletIds.includes(cluster.hamletId) || targets.clusterIds.includes(cluster.clusterId),
      )
      .map((cluster) => cluster.clusterId);
  const matching = (set: Set<string>, url: string): boolean => [...set].some((prefix) => url.startsWith(prefix));

  app.addHook('preHandler', async (request, reply) => {
    if (!request.url.startsWith('/api/')) return;
    if (matching(api.hanging, request.url)) await new Promise(() => {});
    if (matching(api.failing, request.url)) return refuse(reply, 500, 'internal', 'Máy chủ gặp lỗi.', 'The server failed.');
    if (!api.session && !(request.url === '/api/session' && request.method === 'POST')) {
      return refuse(reply, 401, 'http.not_signed_in', 'Hãy đăng nhập.', 'Log in.');
    }
    if (request.method === 'GET') return;
    if (request.headers['x-loa-xa'] !== '1') return refuse(reply, 403, 'http.other_site', 'Sai nguồn.', 'Wrong origin.');
    api.commands.push({ method: request.method, path: request.url, body: request.body });
  });
  app.addHook('onSend', async (request, reply, payload) => {
    if (request.method !== 'GET' && matching(api.losingAnswers, request.url)) {
      reply.raw.destroy();
      return null;
    }
    return payload;
  });

  app.get('/api/session', () => api.session);
  app.post<{ Body: { username: string; password: string } }>('/api/session', (request, reply) => {
    if (request.body.password === 'locked') {
      return refuse(
        reply,
        423,
        'accounts.locked',
        'Tài khoản bị khóa 15 phút vì nhập sai mật khẩu 5 lần. Thử lại lúc 05:27.',
        'The account is locked for 15 minutes after 5 wrong passwords. Try again at 05:27.',
      );
    }
    if (request.body.password !== 'right')
      return refuse(
        reply,
        401,
        'accounts.wrong',
        'Sai tên đăng nhập hoặc mật khẩu. Còn 4 lần thử.',
        'Wrong user name or password. 4 attempts left.',
      );
    api.session = api.nextSession;
    return api.session;
  });
  app.delete('/api/session', (_request, reply) => {
    api.session = null;
    return reply.code(204).send();
  });
  app.post('/api/account/password', (_request, reply) => {
    if (api.session) api.session = { ...api.session, mustChangePassword: false };
    return reply.code(204).send();
  });

  app.get('/api/hamlets', () => ({ hamlets: commune.hamlets }));
  app.get('/api/clusters', () => ({ clusters: commune.clusters }));
  app.patch<{ Params: { hamletId: string }; Body: HamletChanges }>('/api/hamlets/:hamletId', (request) =>
    Object.assign(commune.hamlets.find((hamlet) => hamlet.hamletId === request.params.hamletId) ?? {}, request.body),
  );
  app.put<{ Body: { hamletIds: string[] } }>('/api/hamlets/order', (request) => {
    for (const hamlet of commune.hamlets) hamlet.position = request.body.hamletIds.indexOf(hamlet.hamletId) + 1;
    return { hamlets: commune.hamlets };
  });
  app.post('/api/places', (request) => {
    const { rows, preview } = addPlaces.parse(request.body);
    const added = newPlaces(rows, commune.hamlets, commune.clusters);
    if (!preview) {
      commune.hamlets.push(...added.hamlets);
      commune.clusters.push(...added.clusters);
    }
    return added;
  });
  app.get('/api/faults', () => ({ atMs: api.nowMs(), faults: commune.faults }));
  const listItem = (clusterId: string) => {
    const live = commune.speakers.get(clusterId);
    const cluster = commune.clusters.find((candidate) => candidate.clusterId === clusterId);
    return {
      speakerId: live?.speakerId,
      clusterId,
      clusterName: cluster?.name,
      hamletId: cluster?.hamletId,
      hamletName: cluster?.hamletId,
      standing: live && commune.revoked.has(live.speakerId) ? 'revoked' : 'in_service',
      model: 'LX-200',
      firmware: '1.4.2',
      enrolledAtMs: 0,
      certificateNotAfterMs: api.nowMs() + 400 * 86_400_000,
      claimExpiresAtMs: null,
      volumeDb: cluster?.volumeDb,
      muted: cluster?.muted,
      emergencyVolumeDb: cluster?.emergencyVolumeDb,
      alignDelayMs: 0,
      live,
    };
  };
  app.get('/api/speakers', () => ({ atMs: api.nowMs(), speakers: [...commune.speakers.keys()].map(listItem) }));
  app.get<{ Params: { speakerId: string } }>('/api/speakers/:speakerId', (request, reply) => {
    const live = [...commune.speakers.values()].find((speaker) => speaker.speakerId === request.params.speakerId);
    if (!live) return reply.callNotFound();
    const at = (agoMs: number): number => api.nowMs() - agoMs;
    return {
      ...listItem(live.clusterId),
      atMs: api.nowMs(),
      path: { roundTripMs: 48, deviationMs: 6, minimumMs: 41, samples: 200 },
      clockContradictionMs: 0,
      transitions: [
        { atMs: at(3_600_000), fromRung: 'connected', toRung: 'receiving', detail: {} },
        { atMs: at(3_602_000), fromRung: 'offline', toRung: 'connected', detail: {} },
      ],
      faults: commune.faults.filter((fault) => fault.clusterId === live.clusterId),
    };
  });
  app.patch<{ Params: { clusterId: string }; Body: ClusterChanges }>('/api/clusters/:clusterId', (request, reply) => {
    const cluster = commune.clusters.find((candidate) => candidate.clusterId === request.params.clusterId);
    if (!cluster) return reply.callNotFound();
    Object.assign(cluster, request.body);
    const speaker = commune.speakers.get(cluster.clusterId);
    if (speaker) {
      speaker.muted = cluster.muted;
      api.send({ type: 'speakers', speakers: [speaker] });
    }
    return cluster;
  });
  app.post<{ Params: { clusterId: string }; Body: { serial: string } }>('/api/clusters/:clusterId/speaker', (request, reply) =>
    reply.code(201).send({
      speakerId: request.body.serial,
      clusterId: request.params.clusterId,
      claim: 'ABCDEFGHIJKLMNOP',
      claimCode: `loaxa:1:192.168.1.10:8444:${request.body.serial}:ABCDEFGHIJKLMNOP:${'0123456789abcdef'.repeat(4)}`,
      expiresAtMs: api.nowMs() + 3 * 86_400_000,
    }),
  );
  app.post<{ Params: { speakerId: string } }>('/api/speakers/:speakerId/revoke', (request) => {
    commune.revoked.add(request.params.speakerId);
    return { speakerId: request.params.speakerId, standing: 'revoked' };
  });

  app.get('/api/bulletins', (request) => {
    const asked = bulletinListQuery.parse(request.query);
    const classes = asked.class && [asked.class].flat();
    const found = commune.bulletins.filter(
      (bulletin) =>
        (!asked.status || bulletin.status === asked.status) &&
        (!classes || classes.includes(bulletin.class)) &&
        (!asked.topic || fold(bulletin.topic) === fold(asked.topic)) &&
        matches(asked.search ?? '', bulletin.title, bulletin.topic, bulletin.text),
    );
    const from = Number(asked.before ?? 0);
    const nextBefore = found.length > from + asked.limit ? String(from + asked.limit) : null;
    return { bulletins: found.slice(from, from + asked.limit), nextBefore };
  });
  const bulletinOf = (bulletinId: string) => commune.bulletins.find((bulletin) => bulletin.bulletinId === bulletinId);
  app.get<{ Params: { bulletinId: string } }>(
    '/api/bulletins/:bulletinId',
    (request, reply) => bulletinOf(request.params.bulletinId) ?? reply.callNotFound(),
  );
  app.get('/api/bulletins/:bulletinId/waveform', () => ({
    durationMs: 200_000,
    peaks: Array.from(
      { length: 1000 },
      (_, index) => Math.round(100 * Math.abs(Math.sin(index / 9) * Math.cos(index / 67))) * (index % 2 ? 1 : -1),
    ),
  }));
  app.post('/api/bulletins', async (request, reply) => {
    const fields: Record<string, string> = {};
    for await (const part of request.parts()) {
      if (part.type === 'file') await part.toBuffer();
      else fields[part.fieldname] = String(part.value);
    }
    const made = fakeBulletin(
      { title: fields.title ?? '', origin: 'upload', status: 'processing', progress: 0, durationMs: null },
      api.nowMs(),
    );
    commune.bulletins.unshift(made);
    return reply.code(202).send(made);
  });
  app.post<{ Body: { title: string; text: string } }>('/api/bulletins/from-text', (request, reply) => {
    const made = fakeBulletin(
      { title: request.body.title, text: request.body.text, status: 'processing', progress: 0, durationMs: null },
      api.nowMs(),
    );
    commune.bulletins.unshift(made);
    return reply.code(202).send(made);
  });
  app.patch<{ Params: { bulletinId: string }; Body: UpdateBulletin }>('/api/bulletins/:bulletinId', (request) =>
    Object.assign(bulletinOf(request.params.bulletinId) ?? {}, request.body, { status: 'processing', progress: 0, durationMs: null }),
  );
  app.delete('/api/bulletins/:bulletinId', (_request, reply) => reply.code(204).send());
  app.post<{ Body: { text: string } }>('/api/speech/preview-text', (request) => ({
    paragraphs: [request.body.text.replace('UBND', 'Ủy ban nhân dân').replace('10/10', 'mười tháng mười')],
    characters: request.body.text.length,
  }));
  app.get('/api/speech/dictionary', () => ({
    entries: [{ written: 'Đ/c', spoken: 'đồng chí', caseSensitive: false }],
    defaults: [
      { written: 'UBND', spoken: 'Ủy ban nhân dân', caseSensitive: true },
      { written: 'HĐND', spoken: 'Hội đồng nhân dân', caseSensitive: true },
    ],
  }));
  app.put('/api/speech/dictionary', (request) => request.body);
  app.delete('/api/speech/dictionary/:written', (_request, reply) => reply.code(204).send());

  app.post<{ Body: StartBroadcast }>('/api/broadcasts/preview', (request): BroadcastPreview => {
    const { title, targets, startsAtMs } = request.body;
    const ids = clusterIdsOf(targets);
    const connected = ids.filter((id) => commune.speakers.get(id)?.rung !== 'offline').length;
    const emergency = request.body.class === 'emergency';
    const missing = connected < ids.length ? ` ${ids.length - connected} cụm đang mất kết nối.` : '';
    return {
      vi: emergency
        ? `KHẨN CẤP: “${title}” sẽ phát ngay tại ${connected}/${ids.length} cụm loa, âm lượng tối đa, lặp lại đến khi dừng.${missing}`
        : `Bản tin “${title}” sẽ phát ngay tại ${ids.length} cụm loa, âm lượng 50%, dài 3 phút 20 giây.${missing}`,
      en: emergency
        ? `EMERGENCY: “${title}” will play now on ${connected}/${ids.length} clusters, at full volume, until it is stopped.`
        : `The bulletin “${title}” will play now on ${ids.length} clusters, at 50% volume, for 3 minutes 20 seconds.`,
      clusterCount: ids.length,
      connectedCount: connected,
      hamletNames: [],
      startsAtMs: startsAtMs ?? api.nowMs(),
      durationMs: 200_000,
      replaces: [],
      waitsFor: [],
    };
  });
  app.post<{ Body: StartBroadcast }>('/api/broadcasts', (request, reply) => {
    const { broadcastId, title, targets, content, startsAtMs } = request.body;
    const known = commune.broadcasts.get(broadcastId);
    if (known) return known;
    const clusterIds = clusterIdsOf(targets);
    const made = fakeBroadcast(
      {
        broadcastId,
        title,
        targets,
        content,
        class: request.body.class,
        status: startsAtMs ? 'planned' : 'on_air',
        startsAtMs: startsAtMs ?? api.nowMs(),
        ...(request.body.class === 'emergency' && {
          emergencyKind: request.body.emergencyKind ?? ('warning' as const),
          attention: { signal: 'two_tone' as const, durationMs: 6000 },
        }),
        durationMs: content.kind !== 'bulletin' || content.repeat === 'until_stopped' ? null : 200_000,
        messageMs: content.kind === 'bulletin' ? 20_000 : null,
        hearingClusters: clusterIds.length - 1,
        ...api.nextBroadcast,
      },
      clusterIds,
      api.nowMs(),
    );
    api.setBroadcast(made);
    return reply.code(201).send(made);
  });
  app.get('/api/settings/emergency', () => ({
    ...api.emergencySettings,
    longestWakeUpMs: 1500,
    longestAttentionMs: api.emergencySettings.attentionMs,
  }));
  app.put<{ Body: EmergencySettings }>('/api/settings/emergency', (request) => {
    api.emergencySettings = request.body;
    return { ...request.body, longestWakeUpMs: 1500, longestAttentionMs: request.body.attentionMs };
  });
  app.get('/api/attention-signals/:signal/audio', (_request, reply) =>
    reply.header('content-type', 'audio/wav').send(Buffer.concat([wavHeader(SECOND_SAMPLES), Buffer.alloc(2 * SECOND_SAMPLES)])),
  );
  fakeMicrophoneRoutes(app);
  type ById = { Params: { broadcastId: string } };
  const broadcastOf = (broadcastId: string): BroadcastSummary | undefined => commune.broadcasts.get(broadcastId);
  app.get<ById>('/api/broadcasts/:broadcastId', (request, reply) => broadcastOf(request.params.broadcastId) ?? reply.callNotFound());
  app.post<ById>('/api/broadcasts/:broadcastId/stop', (request, reply) => {
    const broadcast = broadcastOf(request.params.broadcastId);
    if (!broadcast) return reply.callNotFound();
    const stopped: BroadcastSummary = { ...broadcast, status: 'stopped', endedAtMs: api.nowMs() };
    api.setBroadcast(stopped);
    return stopped;
  });
  app.get<ById>('/api/broadcasts/:broadcastId/outcomes', (request) => ({
    outcomes: (broadcastOf(request.params.broadcastId)?.clusterIds ?? []).map((clusterId, index) => ({
      clusterId,
      clusterName: commune.clusters.find((cluster) => cluster.clusterId === clusterId)?.name ?? clusterId,
      hamletId: clusterId.slice(0, 5),
      outcome: clusterId === 'ap-03-c2' ? 'none' : index % 20 === 19 ? 'pending' : 'whole',
      playedMs: 200_000,
      concealedMs: 0,
      firstSoundAtMs: null,
      lastSoundAtMs: null,
      madeUp: clusterId === 'ap-04-c1',
      heardMs: null,
      cause: clusterId === 'ap-03-c2' ? { code: 'offline', vi: 'mất kết nối', en: 'it is not connected' } : null,
    })),
  }));
}
