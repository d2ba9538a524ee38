import { type FormEvent, useState } from 'react';
import { changePassword } from '../../api/session.ts';
import { Button } from '../../design/button.tsx';
import { ErrorSummary, useProblemWords } from '../../design/feedback.tsx';
import { ACCOUNT_WORDS } from '../../i18n/account-words.ts';
import { useMessages } from '../../i18n/messages.ts';
import { PasswordField, ShowPasswords } from './password-fields.tsx';

/** Old password, new one twice. The rules for a good password are the server's, in its words. */
export function PasswordForm({ onChanged }: { onChanged: () => void }) {
  const t = useMessages(ACCOUNT_WORDS);
  const words = useProblemWords();
  const [current, setCurrent] = useState('');
  const [fresh, setFresh] = useState('');
  const [again, setAgain] = useState('');
  const [shown, setShown] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problems, setProblems] = useState<{ text: string; fieldId?: string }[]>([]);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const found = [
      ...(current ? [] : [{ text: t.password.currentMissing, fieldId: 'current-password' }]),
      ...(fresh ? [] : [{ text: t.password.newMissing, fieldId: 'new-password' }]),
      ...(fresh === again ? [] : [{ text: t.password.different, fieldId: 'again-password' }]),
    ];
    setProblems(found);
    if (found.length > 0) return;
    setBusy(true);
    try {
      await changePassword(current, fresh);
      setCurrent('');
      setFresh('');
      setAgain('');
      onChanged();
    } catch (problem) {
      setProblems([{ text: words(problem), fieldId: 'new-password' }]);
    } finally {
      setBusy(false);
    }
  };

  return (
    <form className="stack" onSubmit={(event) => void submit(event)} noValidate>
      <ErrorSummary problems={problems} />
      <PasswordField
        shown={shown}
        id="current-password"
        label={t.password.current}
        value={current}
        autoComplete="current-password"
        onChange={(event) => setCurrent(event.target.value)}
      />
      <PasswordField
        shown={shown}
        id="new-password"
        label={t.password.fresh}
        hint={t.password.hint}
        value={fresh}
        autoComplete="new-password"
        onChange={(event) => setFresh(event.target.value)}
      />
      <PasswordField
        shown={shown}
        id="again-password"
        label={t.password.again}
        value={again}
        autoComplete="new-password"
        onChange={(event) => setAgain(event.target.value)}
      />
      <ShowPasswords shown={shown} onChange={setShown} />
      <Button type="submit" kind="primary" size="large" wide busy={busy}>
        {t.password.submit}
      </Button>
    </form>
  );
}
