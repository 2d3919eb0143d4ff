/** @runproof/verify: checks a Runtime Assurance Report from one audit file and a trust root, with no network, clock, disk or server. */
export { verifyAudit } from './verify-audit.ts'
export type { Check, CheckName, Verification } from './check.ts'
export { readTrust } from './trust.ts'
