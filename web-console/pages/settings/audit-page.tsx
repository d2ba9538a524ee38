import { IconArrowLeft } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { type AuditFilter, fetchAudit } from '../../api/audit.ts';
import { useUsers } from '../../api/user-accounts.ts';
import { OnlyFor } from '../../app/only-for.tsx';
import { Button, ButtonLink } from '../../design/button.tsx';
import { LoadingSkeleton, LoadProblem } from '../../design/feedback.tsx';
import { Field } from '../../design/field.tsx';
import { Select } from '../../design/select.tsx';
import { clockTimeWithSeconds, dayDate, startOfDayMs } from '../../formats/time.ts';
import { AUDIT_WORDS } from '../../i18n/audit-words.ts';
import { useMessages } from '../../i18n/messages.ts';
import { AuditVerify } from './audit-verify.tsx';
import classes from './settings.module.css';

const DAY_MS = 86_400_000;

/** Who did what: searched by person, kind and day, and proved unchanged. */
export function AuditPage() {
  const t = useMessages();
  const say = AUDIT_WORDS[t.language];
  return (
    <div className="page stack-wide">
      <div>
        <ButtonLink to="/settings" kind="back" icon={<IconArrowLeft aria-hidden="true" />}>
          {t.nav.settings}
        </ButtonLink>
        <h1>{say.title}</h1>
        <p>{say.lead}</p>
      </div>
      <OnlyFor permission="administer">
        <AuditVerify />
        <Trail />
      </OnlyFor>
    </div>
  );
}

function Trail() {
  const say = AUDIT_WORDS[useMessages().language];
  const users = useUsers();
  const [chosen, setChosen] = useState({ actorName: '', action: '', from: '', to: '' });
  const toMs = startOfDayMs(chosen.to);
  const filter: AuditFilter = {
    actorName: chosen.actorName,
    action: chosen.action,
    fromMs: startOfDayMs(chosen.from),
    toMs: toMs === undefined ? undefined : toMs + DAY_MS - 1,
  };
  const pages = useInfiniteQuery({
    queryKey: ['audit', filter],
    queryFn: ({ pageParam }) => fetchAudit(filter, pageParam),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.nextBeforeId,
  });
  const entries = pages.data?.pages.flatMap((page) => page.entries) ?? [];
  const day = (name: 'from' | 'to') => (
    <Field type="date" label={say[name]} value={chosen[name]} onChange={(event) => setChosen({ ...chosen, [name]: event.target.value })} />
  );
  return (
    <section className="stack" aria-label={say.title}>
      <fieldset className={classes.filters}>
        <legend className="visually-hidden">{say.filter}</legend>
        <Select label={say.who} value={chosen.actorName} onChange={(actorName) => setChosen({ ...chosen, actorName })}>
          <option value="">{say.everybody}</option>
          {users.data?.map((user) => (
            <option key={user.userId} value={user.username}>
              {user.displayName} ({user.username})
            </option>
          ))}
        </Select>
        <Select label={say.what} value={chosen.action} onChange={(action) => setChosen({ ...chosen, action })}>
          {Object.entries(say.groups).map(([begins, name]) => (
            <option key={begins} value={begins}>
              {name}
            </option>
          ))}
        </Select>
        {day('from')}
        {day('to')}
      </fieldset>
      {pages.isPending && <LoadingSkeleton rows={8} awaited={say.awaited} />}
      {pages.isError && <LoadProblem problem={pages.error} retry={() => void pages.refetch()} />}
      {pages.data && entries.length === 0 && <p role="status">{say.none}</p>}
      <ol>
        {entries.map((entry) => (
          <li key={entry.id} className={classes.entry}>
            <span className="figure soft">
              {dayDate(entry.atMs)} {clockTimeWithSeconds(entry.atMs)}
            </span>
            <div>
              <strong>{say.actions[entry.action] ?? entry.action}</strong> · {entry.actorName}
              <p className="small soft">
                {[entry.target && say.of(entry.target), entry.ip && say.ip(entry.ip)].filter(Boolean).join(' · ')}
              </p>
              {Object.keys(entry.detail).length > 0 && (
                <details>
                  <summary>{say.details}</summary>
                  <p className={classes.detail}>{JSON.stringify(entry.detail, null, 1)}</p>
                </details>
              )}
            </div>
          </li>
        ))}
      </ol>
      {pages.hasNextPage && (
        <div>
          <Button busy={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
            {say.more}
          </Button>
        </div>
      )}
    </section>
  );
}
