import { getRouteApi } from '@tanstack/react-router';
import { useBulletin } from '../../api/bulletins.ts';
import { useSchedules } from '../../api/schedules.ts';
import { OnlyFor } from '../../app/only-for.tsx';
import { NotFound } from '../../app/route-problem.tsx';
import { LoadingSkeleton, LoadProblem } from '../../design/feedback.tsx';
import { useMessages } from '../../i18n/messages.ts';
import { SCHEDULE_FORM_WORDS } from '../../i18n/schedule-form-words.ts';
import { draftOf } from './schedule-draft.ts';
import { ScheduleForm } from './schedule-form.tsx';

const route = getRouteApi('/schedule/$scheduleId');

/** Changes a schedule that was made here; one from a file is changed in its file. */
export function EditSchedulePage() {
  return (
    <OnlyFor permission="announce">
      <EditSchedule />
    </OnlyFor>
  );
}

function EditSchedule() {
  const t = useMessages();
  const say = SCHEDULE_FORM_WORDS[t.language];
  const { scheduleId } = route.useParams();
  const schedules = useSchedules();
  const before = schedules.data?.schedules.find((view) => view.definition.id === scheduleId && view.source === 'api')?.definition;
  const bulletinId = before?.content.kind === 'bulletin' ? before.content.bulletinId : undefined;
  const bulletin = useBulletin(bulletinId);
  if (schedules.isPending || (bulletinId !== undefined && bulletin.isPending))
    return <LoadingSkeleton rows={5} awaited={t.loading.schedule} />;
  if (schedules.isError) return <LoadProblem problem={schedules.error} retry={() => void schedules.refetch()} />;
  if (!before) return <NotFound />;
  return <ScheduleForm key={scheduleId} title={say.editTitle} first={draftOf(before, bulletin.data)} before={before} />;
}
