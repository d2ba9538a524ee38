import { IconLock } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { Permission } from '../../controller/protocol/accounts.ts';
import { ButtonLink } from '../design/button.tsx';
import { EmptyState } from '../design/feedback.tsx';
import { ACCESS_WORDS } from '../i18n/access-words.ts';
import { useMessages } from '../i18n/messages.ts';
import { useSession } from './console-context.ts';

/** A page is shown to whoever may use it; anybody else is told so, instead of buttons that the server would refuse. */
export function OnlyFor({ permission, children }: { permission: Permission | readonly Permission[]; children: ReactNode }) {
  const session = useSession();
  return [permission].flat().some((one) => session.permissions.includes(one)) ? children : <NotYours />;
}

export function NotYours() {
  const t = useMessages(ACCESS_WORDS);
  return (
    <EmptyState icon={<IconLock size="3rem" aria-hidden="true" />} text={t.access.notYours}>
      <p>{t.access.ask}</p>
      <ButtonLink to="/">{t.nav.onAir}</ButtonLink>
    </EmptyState>
  );
}
