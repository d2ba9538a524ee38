import type { Clock } from '../clock.ts';
import { type AnyRoute, route } from '../http/route.ts';
import { EVERYONE_SIGNED_IN } from '../protocol/roles.ts';
import { faultList, faultListQuery } from '../protocol/speakers.ts';
import type { Faults } from './faults.ts';

export function faultRoutes(faults: Faults, clock: Clock): AnyRoute[] {
  return [
    route({
      method: 'GET',
      path: '/api/faults',
      roles: EVERYONE_SIGNED_IN,
      tag: 'speakers',
      summary: 'Faults of the speakers: those that stand, or the history',
      query: faultListQuery,
      response: faultList,
      async handler({ query }) {
        const { state, speakerId, code, severity, beforeMs, limit } = query;
        if (state === 'all') return { atMs: clock.nowMs(), faults: await faults.history({ speakerId, code, severity, beforeMs, limit }) };
        const wanted = faults
          .openFaults()
          .filter(
            (fault) =>
              (speakerId === undefined || fault.speakerId === speakerId) &&
              (code === undefined || fault.code === code) &&
              (severity === undefined || fault.severity === severity) &&
              (beforeMs === undefined || fault.raisedAtMs < beforeMs),
          );
        return { atMs: clock.nowMs(), faults: wanted.slice(0, limit) };
      },
    }),
  ];
}
