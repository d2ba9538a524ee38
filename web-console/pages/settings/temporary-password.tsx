import { IconCopy } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import type { UserWithPassword } from '../../../controller/protocol/accounts.ts';
import { Button } from '../../design/button.tsx';
import { useMessages } from '../../i18n/messages.ts';
import { USER_ACCOUNTS_WORDS } from '../../i18n/user-accounts-words.ts';
import classes from './settings.module.css';

/** Shown this once; it stands until somebody says that it was written down. */
export function TemporaryPassword({ made, onDone }: { made: UserWithPassword; onDone(): void }) {
  const say = USER_ACCOUNTS_WORDS[useMessages().language];
  const [copied, setCopied] = useState(false);
  const title = useRef<HTMLParagraphElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another password is read again
  useEffect(() => title.current?.focus(), [made]);
  return (
    <section className="card stack">
      <p ref={title} tabIndex={-1}>
        {say.secretFor(made.user.displayName, made.user.username)}
      </p>
      <code className={classes.secret}>{made.temporaryPassword}</code>
      <p>{say.secretOnce}</p>
      <div className="row">
        <Button
          icon={<IconCopy aria-hidden="true" />}
          onClick={() => void navigator.clipboard.writeText(made.temporaryPassword).then(() => setCopied(true))}
        >
          {copied ? say.copied : say.copy}
        </Button>
        <Button kind="primary" onClick={onDone}>
          {say.secretDone}
        </Button>
      </div>
    </section>
  );
}
