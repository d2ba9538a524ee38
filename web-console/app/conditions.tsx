import { IconAlertTriangle, IconCircleCheck, IconInfoCircle } from '@tabler/icons-react';
import { groupConditions } from '../../controller/protocol/condition-groups.ts';
import { type Condition, conditionKey } from '../../controller/protocol/conditions.ts';
import feedback from '../design/feedback.module.css';
import { clockTime } from '../formats/time.ts';
import { useMessages } from '../i18n/messages.ts';
import { useConsole, useLive } from './console-context.ts';

/**
 * What the controller says of itself and of what was not aired, in its words, as long as it lasts and a while after: one banner for what
 * belongs together. @param folded one line for all of them, where the page's own matter must not be pushed away
 */
export function Conditions({ folded }: { folded: boolean }) {
  const t = useMessages();
  const { conditions, stateAtMs } = useLive();
  const groups = groupConditions(conditions, stateAtMs ?? 0);
  const banners = groups.map((group) => <Banner key={group.key} group={group} />);
  if (!folded || groups.length === 0) return banners;
  const lasts = groups.some(({ head }) => head.clearedAtMs === undefined);
  return (
    <details className={`${feedback.folded} ${lasts ? 'tone-warn' : 'tone-quiet'}`}>
      <summary>{t.link.conditions(groups.length)}</summary>
      {banners}
    </details>
  );
}

function Banner({ group: { head, others } }: { group: ReturnType<typeof groupConditions>[number] }) {
  const t = useMessages();
  const { preferences } = useConsole();
  return (
    <div
      role="status"
      data-condition={head.code}
      className={`${feedback.banner} ${head.clearedAtMs === undefined ? 'tone-warn' : 'tone-quiet'}`}
    >
      <p>
        <State of={head} /> {head[preferences.language]}
      </p>
      {others.length > 0 && (
        <details>
          <summary>{t.link.alsoConditions(others.length)}</summary>
          {others.map((condition) => (
            <p key={conditionKey(condition)}>{condition[preferences.language]}</p>
          ))}
        </details>
      )}
    </div>
  );
}

function State({ of: { clearedAtMs, lapsed } }: { of: Condition }) {
  const t = useMessages();
  const Icon = clearedAtMs === undefined ? IconAlertTriangle : lapsed ? IconInfoCircle : IconCircleCheck;
  return (
    <>
      <Icon size="1.2em" aria-hidden="true" />
      {clearedAtMs !== undefined && (
        <strong> {lapsed ? t.link.overAt(clockTime(clearedAtMs)) : t.link.normalAgainAt(clockTime(clearedAtMs))}</strong>
      )}
    </>
  );
}
