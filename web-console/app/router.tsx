import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import type { Permission } from '../../controller/protocol/accounts.ts';
import { useSession } from './console-context.ts';
import { NotFound, RouteProblem } from './route-problem.tsx';
import { Shell } from './shell.tsx';

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound, errorComponent: RouteProblem });
const page = <Path extends string>(path: Path, component: Parameters<typeof createRoute>[0]['component']) =>
  createRoute({ getParentRoute: () => root, path, component: component as NonNullable<typeof component> });

const NotYours = lazy(async () => ({ default: (await import('./only-for.tsx')).NotYours }));
type Lazy = ReturnType<typeof lazyRouteComponent>;

/** Whoever comes by its address alone gets words, not buttons that the server would refuse. */
const only = (permission: Permission, Page: Lazy) => {
  const Guarded = () =>
    useSession().permissions.includes(permission) ? (
      <Page />
    ) : (
      <Suspense>
        <NotYours />
      </Suspense>
    );
  return Object.assign(Guarded, Page.preload ? { preload: Page.preload } : {});
};

/** Every page is a chunk of its own: a phone fetches only what it shows. */
const onAirRoute = page(
  '/',
  lazyRouteComponent(() => import('../pages/on-air/on-air-page.tsx'), 'OnAirPage'),
);
const speakRoute = page(
  '/speak',
  only(
    'announce',
    lazyRouteComponent(() => import('../pages/speak/speak-page.tsx'), 'SpeakPage'),
  ),
);
const emergencyRoute = page(
  '/emergency',
  only(
    'announce',
    lazyRouteComponent(() => import('../pages/emergency/emergency-page.tsx'), 'EmergencyPage'),
  ),
);
const libraryRoute = page(
  '/library',
  lazyRouteComponent(() => import('../pages/library/library-page.tsx'), 'LibraryPage'),
);
const uploadRoute = page(
  '/library/upload',
  only(
    'announce',
    lazyRouteComponent(() => import('../pages/library/upload-page.tsx'), 'UploadPage'),
  ),
);
const dictionaryRoute = page(
  '/library/dictionary',
  lazyRouteComponent(() => import('../pages/library/dictionary-page.tsx'), 'DictionaryPage'),
);
const bulletinRoute = page(
  '/library/$bulletinId',
  lazyRouteComponent(() => import('../pages/library/bulletin-page.tsx'), 'BulletinPage'),
);
const editRoute = page(
  '/library/$bulletinId/edit',
  only(
    'announce',
    lazyRouteComponent(() => import('../pages/library/edit-page.tsx'), 'EditPage'),
  ),
);
const speakersRoute = page(
  '/speakers',
  lazyRouteComponent(() => import('../pages/speakers/speakers-page.tsx'), 'SpeakersPage'),
);
export interface AddSpeakerSearch {
  /** The pole it is for. */
  cluster?: string;
}
const addSpeakerRoute = createRoute({
  getParentRoute: () => root,
  path: '/speakers/add',
  validateSearch: (search: Record<string, unknown>): AddSpeakerSearch =>
    typeof search.cluster === 'string' ? { cluster: search.cluster } : {},
  component: only(
    'maintain',
    lazyRouteComponent(() => import('../pages/speakers/add-speaker-page.tsx'), 'AddSpeakerPage'),
  ),
});
const clusterRoute = page(
  '/speakers/$clusterId',
  lazyRouteComponent(() => import('../pages/speakers/cluster-page.tsx'), 'ClusterPage'),
);
const scheduleRoute = page(
  '/schedule',
  lazyRouteComponent(() => import('../pages/schedule/schedule-page.tsx'), 'SchedulePage'),
);
export interface NewScheduleSearch {
  /** The schedule that it is begun as a copy of. */
  copyOf?: string;
}
const newScheduleRoute = createRoute({
  getParentRoute: () => root,
  path: '/schedule/new',
  validateSearch: (search: Record<string, unknown>): NewScheduleSearch =>
    typeof search.copyOf === 'string' ? { copyOf: search.copyOf } : {},
  component: lazyRouteComponent(() => import('../pages/schedule/new-schedule-page.tsx'), 'NewSchedulePage'),
});
const editScheduleRoute = page(
  '/schedule/$scheduleId',
  lazyRouteComponent(() => import('../pages/schedule/edit-schedule-page.tsx'), 'EditSchedulePage'),
);
const settingsRoute = page(
  '/settings',
  lazyRouteComponent(() => import('../pages/settings/settings-page.tsx'), 'SettingsPage'),
);
const placesRoute = page(
  '/settings/places',
  lazyRouteComponent(() => import('../pages/settings/places-page.tsx'), 'PlacesPage'),
);
const importPlacesRoute = page(
  '/settings/places/import',
  lazyRouteComponent(() => import('../pages/settings/import-places-page.tsx'), 'ImportPlacesPage'),
);
const accountsRoute = page(
  '/settings/accounts',
  lazyRouteComponent(() => import('../pages/settings/accounts-page.tsx'), 'AccountsPage'),
);
const auditRoute = page(
  '/settings/audit',
  lazyRouteComponent(() => import('../pages/settings/audit-page.tsx'), 'AuditPage'),
);

export interface PlaySearch {
  bulletin?: string;
}
const playRoute = createRoute({
  getParentRoute: () => root,
  path: '/play',
  validateSearch: (search: Record<string, unknown>): PlaySearch =>
    typeof search.bulletin === 'string' ? { bulletin: search.bulletin } : {},
  component: only(
    'announce',
    lazyRouteComponent(() => import('../pages/play/play-page.tsx'), 'PlayPage'),
  ),
});

export interface WriteSearch {
  /** What the text is prepared for: an emergency, its correction or its all-clear. */
  purpose?: 'emergency' | 'correction' | 'all-clear';
}
const PURPOSES = ['emergency', 'correction', 'all-clear'] as const;
const writeRoute = createRoute({
  getParentRoute: () => root,
  path: '/library/write',
  validateSearch: (search: Record<string, unknown>): WriteSearch => {
    const purpose = PURPOSES.find((candidate) => candidate === search.purpose);
    return purpose ? { purpose } : {};
  },
  component: only(
    'announce',
    lazyRouteComponent(() => import('../pages/library/write-page.tsx'), 'WritePage'),
  ),
});

const routeTree = root.addChildren([
  onAirRoute,
  playRoute,
  speakRoute,
  emergencyRoute,
  libraryRoute,
  uploadRoute,
  writeRoute,
  dictionaryRoute,
  bulletinRoute,
  editRoute,
  speakersRoute,
  addSpeakerRoute,
  clusterRoute,
  scheduleRoute,
  newScheduleRoute,
  editScheduleRoute,
  settingsRoute,
  placesRoute,
  importPlacesRoute,
  accountsRoute,
  auditRoute,
]);

export function createConsoleRouter() {
  return createRouter({ routeTree, defaultPreload: 'intent' });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
}
