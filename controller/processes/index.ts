export { type DataDirectory, makePrivateFolder, openDataDirectory, SMALLEST_FREE_SPACE_BYTES } from './data-directory.ts';
export { endLeftoverProcesses } from './leftover-processes.ts';
export { requireListenAddress } from './listen-address.ts';
export { explainListenError } from './listen-errors.ts';
export { listenAddresses, ownAddress } from './own-addresses.ts';
export { asAccountArguments, canPass, findServiceAccount, requirePassage, type ServiceAccount } from './service-account.ts';
export { createSetAside, type Finding, type SetAside } from './set-aside.ts';
export { leaveSocketDirectory, makeSocketDirectory, socketDirectoryPath } from './socket-directory.ts';
export { createSupervisedProcess, type ProcessEvent, type SupervisedProcess } from './supervised-process.ts';
