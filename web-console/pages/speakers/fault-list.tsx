import { IconAlertTriangle } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { Place } from '../../api/places.ts';
import { useOpenFaults } from '../../api/speakers.ts';
import { Age } from '../../design/age.tsx';
import { LoadingSkeleton, LoadProblem } from '../../design/feedback.tsx';
import { StateChip } from '../../design/state-bar.tsx';
import { useMessages } from '../../i18n/messages.ts';
import { SPEAKER_WORDS } from '../../i18n/speaker-words.ts';
import { faultAdvice } from './fault-words.ts';
import classes from './speakers.module.css';

const RANK = { critical: 0, warning: 1, info: 2 } as const;

/** The faults that stand, the gravest and oldest first: where, what, since when, and what to do first. */
export function FaultList({ places }: { places: readonly Place[] }) {
  const t = useMessages(SPEAKER_WORDS);
  const faults = useOpenFaults();
  if (faults.isPending) return <LoadingSkeleton rows={2} awaited={t.loading.faults} />;
  if (faults.isError) return <LoadProblem problem={faults.error} retry={() => void faults.refetch()} />;
  if (faults.data.length === 0) return null;
  const nameOf = (clusterId: string): string => {
    const place = places.find((candidate) => candidate.clusters.some((cluster) => cluster.clusterId === clusterId));
    const cluster = place?.clusters.find((candidate) => candidate.clusterId === clusterId);
    return place && cluster ? `${place.name} · ${cluster.name}` : clusterId;
  };
  const sorted = [...faults.data].sort((a, b) => RANK[a.severity] - RANK[b.severity] || a.raisedAtMs - b.raisedAtMs);
  return (
    <section className="card" aria-labelledby="faults-title">
      <h2 id="faults-title">{t.speakers.faults(faults.data.length)}</h2>
      <ul>
        {sorted.map((fault) => (
          <li key={fault.faultId} className={classes.fault}>
            <div className="spread">
              <Link to="/speakers/$clusterId" params={{ clusterId: fault.clusterId }} className={classes.where}>
                {nameOf(fault.clusterId)}
              </Link>
              <StateChip
                tone={fault.severity === 'critical' ? 'silent' : fault.severity === 'warning' ? 'warn' : 'quiet'}
                icon={<IconAlertTriangle size="1.1em" aria-hidden="true" />}
              >
                {t.faults.names[fault.code]}
              </StateChip>
            </div>
            <p className="small soft">
              <Age sinceMs={fault.raisedAtMs} /> · {faultAdvice(t, fault)}
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}
