import type { AuditPage, AuditVerification } from '../../controller/protocol/accounts.ts';
import { call } from './client.ts';

/** What is asked of the audit trail; empty strings ask for everything. */
export interface AuditFilter {
  actorName: string;
  action: string;
  fromMs: number | undefined;
  toMs: number | undefined;
}

const PAGE = 50;
/** The whole chain is walked: years of entries take their time. */
const VERIFY_WITHIN_MS = 120_000;

export function fetchAudit(filter: AuditFilter, beforeId: number | null): Promise<AuditPage> {
  const query = new URLSearchParams({ limit: String(PAGE) });
  for (const [name, value] of Object.entries({ ...filter, beforeId })) if (value) query.set(name, String(value));
  return call('GET', `/api/audit?${query}`);
}

export const verifyAudit = (): Promise<AuditVerification> => call('GET', '/api/audit/verify', undefined, VERIFY_WITHIN_MS);
