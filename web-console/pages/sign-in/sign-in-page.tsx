import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { keepSession, logIn } from '../../api/session.ts';
import { SESSION_KEY } from '../../app/signed-in.tsx';
import { Button } from '../../design/button.tsx';
import { ErrorSummary, useProblemWords } from '../../design/feedback.tsx';
import { Field } from '../../design/field.tsx';
import { ACCOUNT_WORDS } from '../../i18n/account-words.ts';
import { useMessages } from '../../i18n/messages.ts';
import { PasswordField, ShowPasswords } from './password-fields.tsx';
import { SignInFrame } from './sign-in-frame.tsx';

/** The server's words are shown as they are: they say how long a lock-out lasts. The password field is emptied, the name kept. */
export function SignInPage() {
  const t = useMessages(ACCOUNT_WORDS);
  const words = useProblemWords();
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [shown, setShown] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problems, setProblems] = useState<{ text: string; fieldId?: string }[]>([]);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const missing = [
      ...(name.trim() ? [] : [{ text: t.signIn.nameMissing, fieldId: 'username' }]),
      ...(password ? [] : [{ text: t.signIn.passwordMissing, fieldId: 'password' }]),
    ];
    setProblems(missing);
    if (missing.length > 0) return;
    setBusy(true);
    try {
      const session = await logIn({ username: name.trim(), password });
      keepSession(localStorage, session);
      queries.setQueryData(SESSION_KEY, session);
    } catch (problem) {
      setProblems([{ text: words(problem) }]);
      setPassword('');
      setBusy(false);
    }
  };

  return (
    <SignInFrame title={t.signIn.title}>
      <form className="stack" onSubmit={(event) => void submit(event)} noValidate>
        <ErrorSummary problems={problems} />
        <Field
          id="username"
          label={t.signIn.name}
          value={name}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          onChange={(event) => setName(event.target.value)}
        />
        <PasswordField
          shown={shown}
          id="password"
          label={t.signIn.password}
          value={password}
          autoComplete="current-password"
          onChange={(event) => setPassword(event.target.value)}
        />
        <ShowPasswords shown={shown} onChange={setShown} />
        <Button type="submit" kind="primary" size="large" wide busy={busy}>
          {busy ? t.signIn.signingIn : t.signIn.submit}
        </Button>
        <p className="small soft">{t.signIn.forgot}</p>
      </form>
    </SignInFrame>
  );
}
