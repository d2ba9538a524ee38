import { type FormEvent, useState } from 'react';
import type { UserWithPassword } from '../../../controller/protocol/accounts.ts';
import type { Role } from '../../../controller/protocol/roles.ts';
import { USERNAME } from '../../../controller/protocol/username.ts';
import { createUser } from '../../api/user-accounts.ts';
import { useCommandsAvailable } from '../../app/console-context.ts';
import { Button } from '../../design/button.tsx';
import { ErrorSummary, useProblemWords } from '../../design/feedback.tsx';
import { Field } from '../../design/field.tsx';
import { useMessages } from '../../i18n/messages.ts';
import { USER_ACCOUNTS_WORDS } from '../../i18n/user-accounts-words.ts';
import { RoleChoice } from './role-choice.tsx';

/** Name, log-in name and role in; a temporary password out, shown once. */
export function AddAccount({ onMade, onCancel }: { onMade(made: UserWithPassword): void; onCancel(): void }) {
  const t = useMessages();
  const say = USER_ACCOUNTS_WORDS[t.language];
  const words = useProblemWords();
  const available = useCommandsAvailable();
  const [displayName, setDisplayName] = useState('');
  const [wantedName, setWantedName] = useState('');
  const [role, setRole] = useState<Role>('announcer');
  const [busy, setBusy] = useState(false);
  const [problems, setProblems] = useState<{ text: string; fieldId?: string }[]>([]);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const found = [
      ...(displayName.trim() ? [] : [{ text: say.displayNameMissing, fieldId: 'display-name' }]),
      ...(USERNAME.test(wantedName.trim().toLowerCase()) ? [] : [{ text: say.usernameWrong, fieldId: 'username' }]),
    ];
    setProblems(found);
    if (found.length > 0) return;
    setBusy(true);
    try {
      const name = displayName.trim().normalize('NFC');
      onMade(await createUser({ displayName: name, username: wantedName.trim().toLowerCase(), role, language: 'vi' }));
    } catch (problem) {
      setProblems([{ text: words(problem) }]);
      setBusy(false);
    }
  };

  return (
    <form className="card stack" onSubmit={(event) => void submit(event)} noValidate>
      <h2>{say.addTitle}</h2>
      <ErrorSummary problems={problems} />
      <Field
        id="display-name"
        label={say.displayName}
        value={displayName}
        maxLength={100}
        autoComplete="off"
        autoFocus
        onChange={(event) => setDisplayName(event.target.value)}
      />
      <Field
        id="username"
        label={say.username}
        hint={say.usernameHint}
        value={wantedName}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        onChange={(event) => setWantedName(event.target.value)}
      />
      <RoleChoice name="new-role" value={role} onChange={setRole} />
      <div className="row">
        <Button type="submit" kind="primary" busy={busy} unavailable={available ? undefined : t.link.noCommands}>
          {say.make}
        </Button>
        <Button onClick={onCancel}>{say.cancel}</Button>
      </div>
    </form>
  );
}
