import { useQuery } from '@tanstack/react-query';
import type { CreateUserRequest, UpdateUserRequest, UserAccount, UserWithPassword } from '../../controller/protocol/accounts.ts';
import { call } from './client.ts';

export const USERS_KEY = ['users'];

export const useUsers = () => useQuery({ queryKey: USERS_KEY, queryFn: () => call<UserAccount[]>('GET', '/api/users') });

const path = (userId: string): string => `/api/users/${encodeURIComponent(userId)}`;

export const createUser = (user: CreateUserRequest): Promise<UserWithPassword> => call('POST', '/api/users', user);
export const updateUser = (userId: string, changes: UpdateUserRequest): Promise<UserAccount> => call('PATCH', path(userId), changes);
export const resetPassword = (userId: string): Promise<UserWithPassword> => call('POST', `${path(userId)}/password`);
export const endSessions = (userId: string): Promise<void> => call('DELETE', `${path(userId)}/sessions`);
export const removeUser = (userId: string): Promise<void> => call('DELETE', path(userId));
