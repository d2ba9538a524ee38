import { IconKey, IconLockOpen, IconLogout, IconTrash, IconUserCheck, IconUserOff } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import type { UserAccount, UserWithPassword } from '../../../controller/protocol/accounts.ts';
import { endSessions, removeUser, resetPassword, updateUser } from '../../api/user-accounts.ts';
import { useCommandsAvailable, useSession } from '../../app/console-context.ts';
import { AskFirst } from '../../design/ask-first.tsx';
import { Button } from '../../design/button.tsx';
import { ErrorSummary, useProblemWords } from '../../design/feedback.tsx';
import { Field } from '../../design/field.tsx';
import { RowDisclosure } from '../../design/row-disclosure.tsx';
import { clockTime, dayDate } from '../../formats/time.ts';
import { ACCOUNT_WORDS } from '../../i18n/account-words.ts';
import { useMessages } from '../../i18n/messages.ts';
import { USER_ACCOUNTS_WORDS } from '../../i18n/user-accounts-words.ts';
import { RoleChoice } from './role-choice.tsx';
import classes from './settings.module.css';

interface AccountRowProps {
  user: UserAccount;
  nowMs: number;
  onChanged(said?: string): Promise<void>;
  onPassword(made: UserWithPassword): void;
}

/** One person: who, what they may do, what is the matter with the account; and behind it everything that can be done with it. */
export function AccountRow({ user, nowMs, onChanged, onPassword }: AccountRowProps) {
  const t = useMessages(ACCOUNT_WORDS);
  const say = USER_ACCOUNTS_WORDS[t.language];
  const words = useProblemWords();
  const isSelf = useSession().user.userId === user.userId;
  const unavailable = useCommandsAvailable() ? undefined : t.link.noCommands;
  const [problem, setProblem] = useState<unknown>();
  const name = user.displayName;
  const isLocked = user.lockedUntilMs !== null && user.lockedUntilMs > nowMs;

  const change = async (task: () => Promise<unknown>, said?: string): Promise<void> => {
    setProblem(undefined);
    try {
      await task();
      await onChanged(said);
    } catch (failure) {
      setProblem(failure);
    }
  };

  return (
    <RowDisclosure
      summary={
        <>
          <span className={classes.who}>
            <span>
              <strong>{name}</strong> {isSelf && <span className="soft">({say.you})</span>}
            </span>
            <span className="small soft">
              {user.username} · {t.roles[user.role]}
            </span>
          </span>
          <span className={classes.accountState} data-warn={user.disabled || isLocked || undefined}>
            {stateOf(user, isLocked, say)}
          </span>
        </>
      }
    >
      <fieldset className="stack">
        <legend className="visually-hidden">{say.actionsOf(name)}</legend>
        {problem !== undefined && <ErrorSummary problems={[{ text: words(problem) }]} />}
        {isLocked && (
          <div>
            <Button
              kind="primary"
              icon={<IconLockOpen aria-hidden="true" />}
              unavailable={unavailable}
              onClick={() => void change(() => updateUser(user.userId, { unlock: true }), say.unlocked(name))}
            >
              {say.unlock}
            </Button>
          </div>
        )}
        <NameAndRole key={`${name}-${user.role}`} user={user} unavailable={unavailable} change={change} />
        {!isSelf && (
          <div className="row">
            <AskFirst
              label={say.newPassword.label}
              icon={<IconKey aria-hidden="true" />}
              sentence={say.newPassword.sentence(name)}
              confirm={say.newPassword.confirm}
              unavailable={unavailable}
              onConfirm={() => change(async () => onPassword(await resetPassword(user.userId)))}
            />
            <AskFirst
              label={say.endSessions.label}
              icon={<IconLogout aria-hidden="true" />}
              sentence={say.endSessions.sentence(name)}
              confirm={say.endSessions.confirm}
              unavailable={unavailable}
              onConfirm={() => change(() => endSessions(user.userId), say.endSessions.done(name))}
            />
            {user.disabled ? (
              <Button
                icon={<IconUserCheck aria-hidden="true" />}
                unavailable={unavailable}
                onClick={() => void change(() => updateUser(user.userId, { disabled: false }), say.enabled(name))}
              >
                {say.enable}
              </Button>
            ) : (
              <AskFirst
                label={say.disable.label}
                icon={<IconUserOff aria-hidden="true" />}
                sentence={say.disable.sentence(name)}
                confirm={say.disable.confirm}
                unavailable={unavailable}
                onConfirm={() => change(() => updateUser(user.userId, { disabled: true }), say.disable.done(name))}
              />
            )}
            <AskFirst
              label={say.remove.label}
              icon={<IconTrash aria-hidden="true" />}
              sentence={say.remove.sentence(name)}
              confirm={say.remove.confirm}
              unavailable={unavailable}
              onConfirm={() => change(() => removeUser(user.userId), say.remove.done(name))}
            />
          </div>
        )}
      </fieldset>
    </RowDisclosure>
  );
}

function stateOf(user: UserAccount, isLocked: boolean, say: (typeof USER_ACCOUNTS_WORDS)['vi']): string {
  if (user.disabled) return say.state.disabled;
  if (isLocked && user.lockedUntilMs !== null) return say.state.locked(clockTime(user.lockedUntilMs));
  if (user.mustChangePassword) return say.state.temporary;
  return say.state.passwordOf(dayDate(user.passwordChangedAtMs));
}

interface NameAndRoleProps {
  user: UserAccount;
  unavailable: string | undefined;
  change(task: () => Promise<unknown>, said?: string): Promise<void>;
}

function NameAndRole({ user, unavailable, change }: NameAndRoleProps) {
  const t = useMessages();
  const say = USER_ACCOUNTS_WORDS[t.language];
  const [displayName, setDisplayName] = useState(user.displayName);
  const [role, setRole] = useState(user.role);
  const [busy, setBusy] = useState(false);
  const wanted = displayName.trim().normalize('NFC');
  const isSame = wanted === user.displayName && role === user.role;
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!wanted || isSame) return;
    setBusy(true);
    await change(() => updateUser(user.userId, { displayName: wanted, role }), say.saved(wanted));
    setBusy(false);
  };
  return (
    <form className="stack" onSubmit={(event) => void submit(event)} noValidate>
      <Field
        label={say.displayName}
        value={displayName}
        maxLength={100}
        problem={wanted ? undefined : say.displayNameMissing}
        onChange={(event) => setDisplayName(event.target.value)}
      />
      <RoleChoice name={`role-${user.userId}`} value={role} onChange={setRole} />
      {!isSame && (
        <div>
          <Button type="submit" kind="primary" busy={busy} unavailable={unavailable}>
            {say.save}
          </Button>
        </div>
      )}
    </form>
  );
}
