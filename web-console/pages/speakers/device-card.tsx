import { IconQrcode, IconUnlink } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { SpeakerListItem } from '../../../controller/protocol/speakers.ts';
import { revokeSpeaker, SPEAKERS_KEY } from '../../api/speakers.ts';
import { useCommandsAvailable, useControllerNow } from '../../app/console-context.ts';
import { AskFirst } from '../../design/ask-first.tsx';
import { ButtonLink } from '../../design/button.tsx';
import { ErrorSummary, Note, useProblemWords } from '../../design/feedback.tsx';
import { clockTime, dayDate } from '../../formats/time.ts';
import { CLUSTER_WORDS } from '../../i18n/cluster-words.ts';
import { DEVICE_WORDS } from '../../i18n/device-words.ts';
import { useMessages } from '../../i18n/messages.ts';
import { SPEAKER_WORDS } from '../../i18n/speaker-words.ts';
import classes from './speakers.module.css';

/** The device of a pole: which, since when, until when; and the way to take it out of service or put another in its place. */
export function DeviceCard({ speaker, mayMaintain }: { speaker: SpeakerListItem; mayMaintain: boolean }) {
  const t = useMessages(CLUSTER_WORDS, DEVICE_WORDS, SPEAKER_WORDS);
  const { standing, claimExpiresAtMs, enrolledAtMs, certificateNotAfterMs } = speaker;
  const nowMs = useControllerNow(30_000);
  const facts: [name: string, value: string][] = [
    [t.device.standing, t.device[standing]],
    [t.speakers.serial, speaker.speakerId],
    [t.device.model, speaker.model ?? t.figures.none],
    [t.device.firmware, speaker.firmware ?? t.figures.none],
  ];
  if (enrolledAtMs !== null) facts.push([t.device.enrolled, dayDate(enrolledAtMs)]);
  if (certificateNotAfterMs !== null) facts.push([t.device.certificateUntil, dayDate(certificateNotAfterMs)]);
  const isOver = claimExpiresAtMs !== null && claimExpiresAtMs <= nowMs;
  return (
    <section className="card stack" aria-labelledby="device-title">
      <h2 id="device-title">{t.device.title}</h2>
      <dl className={classes.figures}>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {standing === 'revoked' && <Note tone="warn">{t.device.revokedWhy}</Note>}
      {claimExpiresAtMs !== null && (
        <Note tone={isOver ? 'warn' : 'quiet'}>
          {isOver ? t.device.claimOver : t.device.claimUntil(t.days.timeOfDay(clockTime(claimExpiresAtMs), dayDate(claimExpiresAtMs)))}
        </Note>
      )}
      {mayMaintain && <DeviceActions speaker={speaker} />}
    </section>
  );
}

function DeviceActions({ speaker }: { speaker: SpeakerListItem }) {
  const t = useMessages(DEVICE_WORDS);
  const words = useProblemWords();
  const queries = useQueryClient();
  const unavailable = useCommandsAvailable() ? undefined : t.link.noCommands;
  const [problem, setProblem] = useState<unknown>();
  const { speakerId, clusterId, clusterName, standing } = speaker;
  const revoke = async (): Promise<void> => {
    setProblem(undefined);
    try {
      await revokeSpeaker(speakerId);
      await queries.invalidateQueries({ queryKey: SPEAKERS_KEY });
    } catch (failure) {
      setProblem(failure);
    }
  };
  return (
    <>
      {problem !== undefined && <ErrorSummary problems={[{ text: words(problem) }]} />}
      <div className="row">
        {standing !== 'in_service' && (
          <ButtonLink to="/speakers/add" search={{ cluster: clusterId }} icon={<IconQrcode aria-hidden="true" />}>
            {standing === 'claimed' ? t.device.newCode : t.device.replace}
          </ButtonLink>
        )}
        {standing !== 'revoked' && (
          <AskFirst
            label={t.device.revoke.label}
            icon={<IconUnlink aria-hidden="true" />}
            sentence={t.device.revoke.sentence(speakerId, clusterName)}
            confirm={t.device.revoke.confirm}
            unavailable={unavailable}
            onConfirm={revoke}
          />
        )}
      </div>
    </>
  );
}
