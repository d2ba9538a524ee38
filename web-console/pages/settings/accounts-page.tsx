import { IconArrowLeft, IconPlus } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { UserWithPassword } from '../../../controller/protocol/accounts.ts';
import { USERS_KEY, useUsers } from '../../api/user-accounts.ts';
import { useControllerNow } from '../../app/console-context.ts';
import { OnlyFor } from '../../app/only-for.tsx';
import { Button, ButtonLink } from '../../design/button.tsx';
import { LoadingSkeleton, LoadProblem, Note } from '../../design/feedback.tsx';
import { useMessages } from '../../i18n/messages.ts';
import { USER_ACCOUNTS_WORDS } from '../../i18n/user-accounts-words.ts';
import { AccountRow } from './account-row.tsx';
import { AddAccount } from './add-account.tsx';
import { TemporaryPassword } from './temporary-password.tsx';

/** Who may use this system, and what each of them may do. */
export function AccountsPage() {
  const t = useMessages();
  const say = USER_ACCOUNTS_WORDS[t.language];
  return (
    <div className="page narrow stack-wide">
      <div>
        <ButtonLink to="/settings" kind="back" icon={<IconArrowLeft aria-hidden="true" />}>
          {t.nav.settings}
        </ButtonLink>
        <h1>{say.title}</h1>
        <p>{say.lead}</p>
      </div>
      <OnlyFor permission="administer">
        <Accounts />
      </OnlyFor>
    </div>
  );
}

function Accounts() {
  const say = USER_ACCOUNTS_WORDS[useMessages().language];
  const nowMs = useControllerNow(30_000);
  const queries = useQueryClient();
  const users = useUsers();
  const [adding, setAdding] = useState(false);
  const [secret, setSecret] = useState<UserWithPassword>();
  const [said, setSaid] = useState<string>();
  const changed = async (what?: string): Promise<void> => {
    setSaid(what);
    await queries.invalidateQueries({ queryKey: USERS_KEY });
  };
  const made = async (account: UserWithPassword): Promise<void> => {
    setAdding(false);
    setSecret(account);
    await changed();
  };
  return (
    <>
      {secret && <TemporaryPassword made={secret} onDone={() => setSecret(undefined)} />}
      {adding ? (
        <AddAccount onMade={(account) => void made(account)} onCancel={() => setAdding(false)} />
      ) : (
        <div>
          <Button kind="primary" icon={<IconPlus aria-hidden="true" />} onClick={() => setAdding(true)}>
            {say.add}
          </Button>
        </div>
      )}
      <div>
        <div role="status">{said && <Note tone="quiet">{said}</Note>}</div>
        {users.isPending && <LoadingSkeleton rows={4} awaited={say.awaited} />}
        {users.isError && <LoadProblem problem={users.error} retry={() => void users.refetch()} />}
        {users.data && (
          <ul>
            {users.data.map((user) => (
              <AccountRow
                key={user.userId}
                user={user}
                nowMs={nowMs}
                onChanged={changed}
                onPassword={(account) => {
                  setSecret(account);
                  scrollTo(0, 0);
                }}
              />
            ))}
          </ul>
        )}
      </div>
    </>
  );
}
