import { IconCircleCheck, IconCircleDashed } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useBulletins } from '../../api/bulletins.ts';
import type { Place } from '../../api/places.ts';
import { useUsers } from '../../api/user-accounts.ts';
import { useSession } from '../../app/console-context.ts';
import { Note } from '../../design/feedback.tsx';
import { FIRST_STEPS_WORDS } from '../../i18n/first-steps-words.ts';
import { useMessages } from '../../i18n/messages.ts';
import classes from './first-steps.module.css';

/** The way from an empty system to the first sound. It stands on the first page until a speaker is there. */
export function FirstSteps({ places }: { places: readonly Place[] }) {
  const say = FIRST_STEPS_WORDS[useMessages().language];
  const { permissions } = useSession();
  if (!permissions.includes('maintain')) return <Note tone="quiet">{say.waiting}</Note>;
  const clusters = places.flatMap((place) => place.clusters).length;
  return (
    <section className="card stack" aria-labelledby="first-steps-title">
      <div>
        <h2 id="first-steps-title">{say.title}</h2>
        <p>{say.lead}</p>
      </div>
      <ol className={classes.steps}>
        <Step to="/settings/places" isDone={clusters > 0} name={say.places.name} lead={say.places.lead(places.length, clusters)} />
        {permissions.includes('administer') && <AccountsStep />}
        <Step to="/speakers/add" isDone={false} name={say.speakers.name} lead={say.speakers.lead} />
        {permissions.includes('announce') && <BulletinStep />}
      </ol>
    </section>
  );
}

function AccountsStep() {
  const say = FIRST_STEPS_WORDS[useMessages().language];
  const count = useUsers().data?.length ?? 1;
  return <Step to="/settings/accounts" isDone={count > 1} name={say.accounts.name} lead={say.accounts.lead(count)} />;
}

function BulletinStep() {
  const say = FIRST_STEPS_WORDS[useMessages().language];
  const isDone = (useBulletins({}).data?.bulletins.length ?? 0) > 0;
  return <Step to="/library" isDone={isDone} name={say.bulletin.name} lead={say.bulletin.lead} />;
}

interface StepProps {
  to: '/settings/places' | '/settings/accounts' | '/speakers/add' | '/library';
  isDone: boolean;
  name: string;
  lead: string;
}

function Step({ to, isDone, name, lead }: StepProps) {
  const say = FIRST_STEPS_WORDS[useMessages().language];
  const Icon = isDone ? IconCircleCheck : IconCircleDashed;
  return (
    <li>
      <Link to={to} className={classes.step}>
        <Icon aria-hidden="true" />
        <span>
          <strong>{name}</strong>
          <span className="small soft">
            {lead} · {isDone ? say.done : say.todo}
          </span>
        </span>
      </Link>
    </li>
  );
}
