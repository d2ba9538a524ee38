import { useQueryClient } from '@tanstack/react-query';
import { SESSION_KEY } from '../../app/signed-in.tsx';
import { Note } from '../../design/feedback.tsx';
import { ACCOUNT_WORDS } from '../../i18n/account-words.ts';
import { useMessages } from '../../i18n/messages.ts';
import { PasswordForm } from './password-form.tsx';
import { SignInFrame } from './sign-in-frame.tsx';

/** The first log-in: nothing else opens before the handed-out password is replaced. */
export function NewPasswordPage() {
  const t = useMessages(ACCOUNT_WORDS);
  const queries = useQueryClient();
  return (
    <SignInFrame title={t.password.firstTitle}>
      <Note tone="quiet">{t.password.firstWhy}</Note>
      <PasswordForm onChanged={() => void queries.refetchQueries({ queryKey: SESSION_KEY })} />
    </SignInFrame>
  );
}
