// Owns noting each call that may change something: in the audit log, and at info in the process's own. What stands there is
// audit-entry.ts's, how much of it strangers may fill refusal-quota.ts's.
import { Inject, Injectable } from '@nestjs/common';
import { ReplicaManager } from '../orchestrator/replica-manager.service.js';
import { Logger } from '../telemetry/logger.js';
import { type AuditedCall, auditEntry, isOfStranger } from './audit-entry.js';
import { RefusalQuota } from './refusal-quota.js';

@Injectable()
export class Audit {
  private readonly quota = new RefusalQuota();

  constructor(
    @Inject(ReplicaManager) private readonly manager: ReplicaManager,
    @Inject(Logger) private readonly logger: Logger,
  ) {}

  /** Call before the answer goes out. Never throws. */
  note(call: AuditedCall): void {
    const entry = auditEntry(call, Date.now());
    if (!isOfStranger(entry) || this.quota.take(performance.now())) this.manager.audit.append(entry);
    const { at: _at, ...fields } = entry;
    this.logger.info(fields, 'admin change');
  }
}
