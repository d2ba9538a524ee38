import { z } from 'zod';

export const ROLES = ['administrator', 'approver', 'announcer', 'technician', 'viewer'] as const;
export const role = z.enum(ROLES);
export type Role = z.infer<typeof role>;

/** Any signed-in person. */
export const EVERYONE_SIGNED_IN: readonly Role[] = ROLES;
/** Who may put something on the air. */
export const ON_AIR_ROLES: readonly Role[] = ['administrator', 'approver', 'announcer'];
