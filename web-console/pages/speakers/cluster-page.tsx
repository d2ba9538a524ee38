import { IconArrowLeft } from '@tabler/icons-react';
import { getRouteApi } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import type { FaultCode } from '../../../controller/protocol/speaker-state.ts';
import { usePlaces } from '../../api/places.ts';
import { useSpeakerDetail, useSpeakers } from '../../api/speakers.ts';
import { useSession } from '../../app/console-context.ts';
import { useEvidenceRows } from '../../app/evidence-rows.ts';
import { ButtonLink } from '../../design/button.tsx';
import { EmptyState, LoadingSkeleton, LoadProblem, Note } from '../../design/feedback.tsx';
import { StateBar } from '../../design/state-bar.tsx';
import { useMessages } from '../../i18n/messages.ts';
import { SPEAKER_WORDS } from '../../i18n/speaker-words.ts';
import { STATE_WORDS } from '../../i18n/state-words.ts';
import { faultAdvice } from './fault-words.ts';

/** Below what is looked for first; and the loudness is for who repairs: everybody else’s phone does not fetch it. */
const DeviceCard = lazy(async () => ({ default: (await import('./device-card.tsx')).DeviceCard }));
const TelemetryFigures = lazy(async () => ({ default: (await import('./telemetry-figures.tsx')).TelemetryFigures }));
const HistoryList = lazy(async () => ({ default: (await import('./history-list.tsx')).HistoryList }));
const LoudnessCard = lazy(async () => ({ default: (await import('./loudness-card.tsx')).LoudnessCard }));

const route = getRouteApi('/speakers/$clusterId');

/** One pole: what is proven of it, its faults with the first thing to do, its last figures, its history. */
export function ClusterPage() {
  const t = useMessages(SPEAKER_WORDS, STATE_WORDS);
  const { clusterId } = route.useParams();
  const mayMaintain = useSession().permissions.includes('maintain');
  const places = usePlaces();
  const speakers = useSpeakers();
  const rows = useEvidenceRows(places.data ?? []);
  const row = [...rows.values()].flat().find((candidate) => candidate.cluster.clusterId === clusterId);
  const place = places.data?.find((candidate) => candidate.hamletId === row?.cluster.hamletId);
  const listed = speakers.data?.find((speaker) => speaker.clusterId === clusterId);
  const speakerId = row?.speaker?.speakerId ?? listed?.speakerId;
  const detail = useSpeakerDetail(speakerId);

  if (places.isPending) return <div className="page narrow">{<LoadingSkeleton rows={5} awaited={t.loading.places} />}</div>;
  if (places.isError) {
    return (
      <div className="page narrow">
        <LoadProblem problem={places.error} retry={() => void places.refetch()} />
      </div>
    );
  }
  if (!row || !place) return <EmptyState icon={null} text={t.error.noSuchPage} />;
  const evidenceOf = (code: FaultCode): Record<string, unknown> =>
    detail.data?.faults.find((fault) => fault.code === code && fault.clearedAtMs === null)?.evidence ?? {};
  const telemetry = row.speaker?.telemetry ?? detail.data?.live.telemetry ?? null;
  return (
    <div className="page narrow stack-wide">
      <div className="stack">
        <div>
          <ButtonLink to="/speakers" kind="back" icon={<IconArrowLeft aria-hidden="true" />}>
            {t.nav.speakers}
          </ButtonLink>
        </div>
        <div>
          <p className="soft">{place.name}</p>
          <h1>{row.cluster.name}</h1>
        </div>
        {row.cluster.kind === 'fm' ? (
          <Note tone="unknown">{t.speakers.fmWhy}</Note>
        ) : (
          <StateBar evidence={row.evidence} rung={row.speaker?.rung} />
        )}
        {(row.speaker?.muted ?? row.cluster.muted) && (
          <Note tone="quiet">
            <strong>{t.state.word.muted}:</strong> {t.state.why.muted}.
          </Note>
        )}
        {(row.speaker?.faults ?? []).map((code) => (
          <Note key={code} tone={code === 'slow_path' ? 'quiet' : 'warn'}>
            <strong>{t.faults.names[code]}.</strong> {faultAdvice(t, { code, evidence: evidenceOf(code) })}
          </Note>
        ))}
      </div>
      {speakerId === undefined && row.cluster.kind === 'ip' && !speakers.isPending && (
        <EmptyState icon={null} text={t.speakers.noSpeaker}>
          {mayMaintain && (
            <ButtonLink to="/speakers/add" search={{ cluster: clusterId }}>
              {t.speakers.add}
            </ButtonLink>
          )}
        </EmptyState>
      )}
      {mayMaintain && row.cluster.kind === 'ip' && (
        <Suspense fallback={<LoadingSkeleton rows={3} awaited={t.loading.places} />}>
          <LoudnessCard key={clusterId} cluster={row.cluster} />
        </Suspense>
      )}
      {telemetry && (
        <Suspense>
          <TelemetryFigures telemetry={telemetry} />
        </Suspense>
      )}
      {listed && (
        <Suspense fallback={<LoadingSkeleton rows={3} awaited={t.loading.places} />}>
          <DeviceCard speaker={listed} mayMaintain={mayMaintain} />
        </Suspense>
      )}
      {detail.isError && <LoadProblem problem={detail.error} retry={() => void detail.refetch()} />}
      {detail.data && (
        <Suspense>
          <HistoryList detail={detail.data} />
        </Suspense>
      )}
    </div>
  );
}
