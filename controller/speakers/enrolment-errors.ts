import { AppError } from '../errors.ts';
import type { ClusterId, SpeakerId } from '../protocol/ids.ts';

export function claimRefused(): AppError {
  return new AppError({
    code: 'speakers.claim_refused',
    status: 403,
    words: {
      vi: 'Mã kích hoạt không đúng, đã dùng hoặc đã hết hạn. Hãy tạo mã mới cho cụm loa này.',
      en: 'The claim code is wrong, used or expired. Make a new one for this cluster.',
    },
  });
}

export function noCluster(clusterId: ClusterId): AppError {
  return new AppError({
    code: 'speakers.no_cluster',
    status: 404,
    words: { vi: `Không có cụm loa ${clusterId}.`, en: `There is no cluster ${clusterId}.` },
  });
}

export function notIp(clusterId: ClusterId): AppError {
  return new AppError({
    code: 'speakers.not_ip',
    status: 409,
    words: { vi: `Cụm ${clusterId} là cụm FM, không có bộ thu IP.`, en: `Cluster ${clusterId} is an FM cluster and has no IP speaker.` },
  });
}

export function clusterTaken(clusterId: ClusterId, speakerId: SpeakerId): AppError {
  return new AppError({
    code: 'speakers.cluster_taken',
    status: 409,
    words: {
      vi: `Cụm ${clusterId} đang dùng bộ thu ${speakerId}. Hãy thu hồi bộ thu đó trước.`,
      en: `Cluster ${clusterId} has speaker ${speakerId} in service. Revoke it first.`,
    },
  });
}

export function speakerElsewhere(speakerId: SpeakerId, clusterId: ClusterId): AppError {
  return new AppError({
    code: 'speakers.speaker_elsewhere',
    status: 409,
    words: {
      vi: `Bộ thu ${speakerId} đang hoạt động ở cụm ${clusterId}. Hãy thu hồi nó ở đó trước.`,
      en: `Speaker ${speakerId} is in service on cluster ${clusterId}. Revoke it there first.`,
    },
  });
}
