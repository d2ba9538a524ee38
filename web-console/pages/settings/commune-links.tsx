import { IconHistory, IconMapPin, IconUsers } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useSession } from '../../app/console-context.ts';
import { COMMUNE_WORDS } from '../../i18n/commune-words.ts';
import { useMessages } from '../../i18n/messages.ts';
import classes from './settings.module.css';

/** What is set for the whole commune, each on its own page; only what this person may use. */
export function CommuneLinks() {
  const say = COMMUNE_WORDS[useMessages().language];
  const { permissions } = useSession();
  const mayAdminister = permissions.includes('administer');
  if (!mayAdminister && !permissions.includes('maintain')) return null;
  const way = (to: '/settings/places' | '/settings/accounts' | '/settings/audit', icon: ReactNode, name: string, lead: string) => (
    <li>
      <Link to={to} className={classes.link}>
        {icon}
        <span>
          <strong>{name}</strong>
          <span className="small soft">{lead}</span>
        </span>
      </Link>
    </li>
  );
  return (
    <nav className="stack" aria-labelledby="commune-title">
      <h2 id="commune-title">{say.title}</h2>
      <ul className={classes.links}>
        {way('/settings/places', <IconMapPin aria-hidden="true" />, say.places, say.placesLead)}
        {mayAdminister && way('/settings/accounts', <IconUsers aria-hidden="true" />, say.accounts, say.accountsLead)}
        {mayAdminister && way('/settings/audit', <IconHistory aria-hidden="true" />, say.audit, say.auditLead)}
      </ul>
    </nav>
  );
}
