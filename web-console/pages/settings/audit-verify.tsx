import { IconShieldCheck } from '@tabler/icons-react';
import { useState } from 'react';
import type { AuditVerification } from '../../../controller/protocol/accounts.ts';
import { verifyAudit } from '../../api/audit.ts';
import { Button } from '../../design/button.tsx';
import { ErrorSummary, Note, useProblemWords } from '../../design/feedback.tsx';
import { number } from '../../formats/number.ts';
import { dayDate } from '../../formats/time.ts';
import { AUDIT_WORDS } from '../../i18n/audit-words.ts';
import { useMessages } from '../../i18n/messages.ts';

const SHOWN_OF_HASH = 16;

/** Walks the whole trail on the server and says in one sentence what came of it. */
export function AuditVerify() {
  const t = useMessages();
  const say = AUDIT_WORDS[t.language];
  const words = useProblemWords();
  const [busy, setBusy] = useState(false);
  const [found, setFound] = useState<AuditVerification>();
  const [problem, setProblem] = useState<unknown>();
  const verify = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      setFound(await verifyAudit());
    } catch (failure) {
      setProblem(failure);
    }
    setBusy(false);
  };
  return (
    <div className="stack">
      <div>
        <Button icon={<IconShieldCheck aria-hidden="true" />} busy={busy} onClick={() => void verify()}>
          {busy ? say.verifying : say.verify}
        </Button>
      </div>
      {problem !== undefined && <ErrorSummary problems={[{ text: words(problem) }]} />}
      {found?.intact && (
        <Note tone="quiet" role="status">
          {say.intact(number(found.checkedEntries, t.language), found.headHash.slice(0, SHOWN_OF_HASH))}
        </Note>
      )}
      {found?.acknowledged.map(({ atMs, by, why }) => (
        <Note key={atMs} tone="quiet">
          {say.acknowledged(dayDate(atMs), by, why)}
        </Note>
      ))}
      {found && !found.intact && (
        <Note tone="warn" role="alert">
          {found.firstBroken && say.broken[found.firstBroken.reason](found.firstBroken.id)}{' '}
          {found.lostEntries > 0 && say.lost(found.lostEntries)} {say.whatNow}
        </Note>
      )}
    </div>
  );
}
