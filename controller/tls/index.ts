export {
  type CertificateAuthority,
  createCertificateAuthority,
  type DeviceCertificate,
  type ServerCredentials,
} from './authority.ts';
export { makeKeyFolder, readFileIfThere, writeFileAtomically } from './private-file.ts';
export { TLS_PROTOCOL } from './protocol.ts';
export { tlsRoutes } from './routes.ts';
