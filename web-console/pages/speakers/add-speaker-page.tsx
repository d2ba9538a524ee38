import { IconArrowLeft, IconCopy } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { type FormEvent, lazy, Suspense, useId, useState } from 'react';
import type { ClaimResponse } from '../../../controller/protocol/speakers.ts';
import { ipClusters, usePlaces } from '../../api/places.ts';
import { claimSpeaker, SPEAKERS_KEY, useSpeakers } from '../../api/speakers.ts';
import { useCommandsAvailable, useConsole } from '../../app/console-context.ts';
import { Button, ButtonLink } from '../../design/button.tsx';
import { ErrorSummary, useProblemWords } from '../../design/feedback.tsx';
import { Field } from '../../design/field.tsx';
import { clockTime, dayDate } from '../../formats/time.ts';
import { ADD_SPEAKER_WORDS } from '../../i18n/add-speaker-words.ts';
import { useMessages } from '../../i18n/messages.ts';
import { SPEAKER_WORDS } from '../../i18n/speaker-words.ts';
import classes from './speakers.module.css';

/** Fetched when there is a code to draw. */
const QrCode = lazy(async () => ({ default: (await import('../../design/qr-code.tsx')).QrCode }));
const route = getRouteApi('/speakers/add');
const SERIAL = /^[A-Z0-9][A-Z0-9-]{2,31}$/;

/** Serial number and cluster in; a one-time claim code out, shown this once. */
export function AddSpeakerPage() {
  const t = useMessages(SPEAKER_WORDS);
  const say = ADD_SPEAKER_WORDS[useConsole().preferences.language];
  const words = useProblemWords();
  const available = useCommandsAvailable();
  const queries = useQueryClient();
  const places = usePlaces();
  const speakers = useSpeakers();
  const selectId = useId();
  const [serial, setSerial] = useState('');
  const [clusterId, setClusterId] = useState(route.useSearch().cluster ?? '');
  const [busy, setBusy] = useState(false);
  const [problems, setProblems] = useState<{ text: string; fieldId?: string }[]>([]);
  const [claim, setClaim] = useState<ClaimResponse>();
  const [copied, setCopied] = useState(false);
  const taken = new Set(speakers.data?.filter((speaker) => speaker.standing !== 'revoked').map((speaker) => speaker.clusterId));

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const wanted = serial.trim().toUpperCase();
    const found = [
      ...(SERIAL.test(wanted) ? [] : [{ text: say.badSerial, fieldId: 'serial' }]),
      ...(clusterId ? [] : [{ text: say.noCluster, fieldId: selectId }]),
    ];
    setProblems(found);
    if (found.length > 0) return;
    setBusy(true);
    try {
      setClaim(await claimSpeaker(clusterId, wanted));
      await queries.invalidateQueries({ queryKey: SPEAKERS_KEY });
    } catch (problem) {
      setProblems([{ text: words(problem) }]);
    } finally {
      setBusy(false);
    }
  };

  return (
    <div className="page narrow stack-wide">
      <div>
        <ButtonLink to="/speakers" kind="back" icon={<IconArrowLeft aria-hidden="true" />}>
          {t.nav.speakers}
        </ButtonLink>
        <h1>{say.title}</h1>
      </div>
      {claim ? (
        <section className="stack" aria-live="polite">
          <p>{say.codeFor(claim.speakerId)}</p>
          <Suspense>
            <QrCode text={claim.claimCode} label={say.scan} />
          </Suspense>
          <code className={classes.code}>{claim.claimCode}</code>
          <p className="figure">{say.until(t.days.timeOfDay(clockTime(claim.expiresAtMs), dayDate(claim.expiresAtMs)))}</p>
          <div className="row">
            <Button
              icon={<IconCopy aria-hidden="true" />}
              onClick={() => void navigator.clipboard.writeText(claim.claimCode).then(() => setCopied(true))}
            >
              {copied ? say.copied : say.copy}
            </Button>
            <ButtonLink to="/speakers/$clusterId" params={{ clusterId: claim.clusterId }} kind="primary">
              {say.watch}
            </ButtonLink>
          </div>
          <p className="soft">{say.once}</p>
        </section>
      ) : (
        <form className="stack-wide" onSubmit={(event) => void submit(event)} noValidate>
          <ErrorSummary problems={problems} />
          <Field
            id="serial"
            label={t.speakers.serial}
            hint={say.serialHint}
            value={serial}
            autoCapitalize="characters"
            spellCheck={false}
            onChange={(event) => setSerial(event.target.value)}
          />
          <div className="field">
            <label className="label" htmlFor={selectId}>
              {say.cluster}
            </label>
            <select id={selectId} className="input" value={clusterId} onChange={(event) => setClusterId(event.target.value)}>
              <option value="">{say.choose}</option>
              {(places.data ?? []).map((place) => (
                <optgroup key={place.hamletId} label={place.name}>
                  {ipClusters([place]).map((cluster) => (
                    <option key={cluster.clusterId} value={cluster.clusterId}>
                      {cluster.name}
                      {taken.has(cluster.clusterId) && ` (${say.taken})`}
                    </option>
                  ))}
                </optgroup>
              ))}
            </select>
          </div>
          <Button type="submit" kind="primary" size="large" wide busy={busy} unavailable={available ? undefined : t.link.noCommands}>
            {say.make}
          </Button>
        </form>
      )}
    </div>
  );
}
