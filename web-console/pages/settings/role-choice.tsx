import type { Role } from '../../../controller/protocol/roles.ts';
import { ACCOUNT_WORDS } from '../../i18n/account-words.ts';
import { useMessages } from '../../i18n/messages.ts';
import { USER_ACCOUNTS_WORDS } from '../../i18n/user-accounts-words.ts';

/** Each role with what it may do: nobody should have to guess what "technician" can. */
export function RoleChoice({ value, onChange, name }: { value: Role; onChange(role: Role): void; name: string }) {
  const t = useMessages(ACCOUNT_WORDS);
  const say = USER_ACCOUNTS_WORDS[t.language];
  return (
    <fieldset className="stack">
      <legend className="label">{say.role}</legend>
      {(Object.keys(say.roleMeans) as Role[]).map((role) => (
        <label key={role} className="choice">
          <input type="radio" name={name} checked={value === role} onChange={() => onChange(role)} />
          <span>
            <strong>{t.roles[role]}</strong>
            <br />
            <span className="small soft">{say.roleMeans[role]}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
