import { lazy, Suspense, useState } from 'react';
import type { ScheduleDefinition, SchedulePreview } from '../../../controller/protocol/schedules.ts';
import { previewSchedule } from '../../api/schedules.ts';
import { useCommandsAvailable } from '../../app/console-context.ts';
import { BulletinPicker } from '../../choose/bulletin-picker.tsx';
import { PlacePicker } from '../../choose/place-picker.tsx';
import { Step } from '../../choose/step.tsx';
import { Button } from '../../design/button.tsx';
import { ErrorSummary, LoadingSkeleton, Note, useProblemWords } from '../../design/feedback.tsx';
import { Field } from '../../design/field.tsx';
import { useMessages } from '../../i18n/messages.ts';
import { SCHEDULE_FORM_WORDS } from '../../i18n/schedule-form-words.ts';
import { type DraftFault, faultsOf, requestOf, type ScheduleDraft, type ScheduleRequestBody } from './schedule-draft.ts';
import { WhenFields } from './when-fields.tsx';

/** Fetched with what it shows: the answer of the server takes longer. */
const ConfirmSchedule = lazy(async () => ({ default: (await import('./confirm-schedule.tsx')).ConfirmSchedule }));

const FIELD_OF: Record<DraftFault, string> = {
  no_name: 'schedule-name',
  no_bulletin: 'bulletins',
  no_places: 'places',
  no_days: 'days',
  no_times: 'times',
  bad_time: 'times',
  no_day: 'from',
  until_before_from: 'until',
};

interface ScheduleFormProps {
  title: string;
  first: ScheduleDraft;
  /** The schedule that is changed; absent: a new one. */
  before?: ScheduleDefinition;
}

/** What, where, when; then what would come of it, before anything is stored. */
export function ScheduleForm({ title, first, before }: ScheduleFormProps) {
  const t = useMessages();
  const say = SCHEDULE_FORM_WORDS[t.language];
  const words = useProblemWords();
  const available = useCommandsAvailable();
  const [draft, setDraft] = useState(first);
  const [busy, setBusy] = useState(false);
  const [problems, setProblems] = useState<{ text: string; fieldId?: string }[]>([]);
  const [confirming, setConfirming] = useState<{ request: ScheduleRequestBody; preview: SchedulePreview }>();
  const change = (part: Partial<ScheduleDraft>): void => setDraft({ ...draft, ...part });

  const review = async (): Promise<void> => {
    const found = faultsOf(draft).map((fault) => ({ text: say.faults[fault], fieldId: FIELD_OF[fault] }));
    setProblems(found);
    if (found.length > 0) return;
    setBusy(true);
    try {
      const request = requestOf(draft, before);
      setConfirming({ request, preview: await previewSchedule(request) });
    } catch (problem) {
      setProblems([{ text: words(problem) }]);
    }
    setBusy(false);
  };

  if (confirming) {
    return (
      <Suspense fallback={<LoadingSkeleton rows={3} awaited={t.loading.preview} />}>
        <ConfirmSchedule
          {...confirming}
          contentTitle={draft.bulletin?.title ?? say.content}
          isNew={before === undefined}
          onBack={() => setConfirming(undefined)}
        />
      </Suspense>
    );
  }
  return (
    <div className="page narrow stack-wide">
      <h1>{title}</h1>
      <ErrorSummary problems={problems} />
      <Field
        id="schedule-name"
        label={say.name}
        hint={say.nameHint}
        value={draft.name}
        maxLength={200}
        onChange={(event) => change({ name: event.target.value })}
      />
      <Step number={1} title={t.play.what}>
        {draft.otherContent && <Note tone="quiet">{say.other}</Note>}
        <BulletinPicker chosen={draft.bulletin} onChoose={(bulletin) => change({ bulletin, otherContent: undefined })} />
      </Step>
      <Step number={2} title={say.when}>
        <WhenFields draft={draft} onChange={change} />
      </Step>
      <Step number={3} title={t.play.where}>
        <PlacePicker choice={draft.places} onChange={(places) => change({ places })} />
      </Step>
      <Button
        kind="primary"
        size="large"
        wide
        busy={busy}
        unavailable={available ? undefined : t.link.noCommands}
        onClick={() => void review()}
      >
        {say.review}
      </Button>
      <p className="soft">{say.nothingYet}</p>
    </div>
  );
}
