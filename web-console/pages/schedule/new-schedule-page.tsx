import { getRouteApi } from '@tanstack/react-router';
import { useBulletin } from '../../api/bulletins.ts';
import { useSchedules } from '../../api/schedules.ts';
import { OnlyFor } from '../../app/only-for.tsx';
import { LoadingSkeleton, LoadProblem } from '../../design/feedback.tsx';
import { useMessages } from '../../i18n/messages.ts';
import { SCHEDULE_FORM_WORDS } from '../../i18n/schedule-form-words.ts';
import { draftOf, EMPTY_DRAFT } from './schedule-draft.ts';
import { ScheduleForm } from './schedule-form.tsx';

const route = getRouteApi('/schedule/new');

/** A schedule of one's own, empty or begun as a copy of another. */
export function NewSchedulePage() {
  return (
    <OnlyFor permission="announce">
      <NewSchedule />
    </OnlyFor>
  );
}

function NewSchedule() {
  const t = useMessages();
  const say = SCHEDULE_FORM_WORDS[t.language];
  const { copyOf } = route.useSearch();
  const schedules = useSchedules();
  const like = schedules.data?.schedules.find((view) => view.definition.id === copyOf)?.definition;
  const bulletinId = like?.content.kind === 'bulletin' ? like.content.bulletinId : undefined;
  const bulletin = useBulletin(bulletinId);
  if (copyOf !== undefined && (schedules.isPending || (bulletinId !== undefined && bulletin.isPending)))
    return <LoadingSkeleton rows={5} awaited={t.loading.schedule} />;
  if (copyOf !== undefined && schedules.isError) return <LoadProblem problem={schedules.error} retry={() => void schedules.refetch()} />;
  return <ScheduleForm title={say.newTitle} first={like ? draftOf(like, bulletin.data) : EMPTY_DRAFT} />;
}
