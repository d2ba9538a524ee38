import { IconAlertTriangle, IconCircleCheck, IconInfoCircle } from '@tabler/icons-react';
import { groupConditions } from '../../controller/protocol/condition-groups.ts';
import { type Condition, conditionKey } from '../../controller/protocol/conditions.ts';
import feedback from '../design/feedback.module.css';
import { clockTime } from '../formats/time.ts';
import { useMessages } from '../i18n/messages.ts';
import { useConsole, useLive } from './console-context.ts';

/** What the controller says of itself and of what was not aired, in its words, as long as it lasts and a while after: one banner for what belongs together. */
export function Conditions() {
  const t = useMessages();
  const { preferences } = useConsole();
  const { conditions, stateAtMs } = useLive();
  return groupConditions(conditions, stateAtMs ?? 0).map(({ key, head, others }) => (
    <div
      key={key}
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
  ));
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
