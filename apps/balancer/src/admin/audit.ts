// Owns noting each call that may change something: in the audit log, before and after, and with its result at info in the
// process's own. What stands there is audit-entry.ts's, how much of it strangers may fill refusal-quota.ts's.
import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { ReplicaManager } from '../orchestrator/replica-manager.service.js';
import { Logger } from '../telemetry/logger.js';
import {
  type AskedCall,
  type AuditedCall,
  auditEntry,
  auditIntent,
  isNotedFirst,
  isOfStranger,
} from './audit-entry.js';
import { RefusalQuota } from './refusal-quota.js';

@Injectable()
export class Audit {
  private readonly quota = new RefusalQuota();

  constructor(
    @Inject(ReplicaManager) private readonly manager: ReplicaManager,
    @Inject(Logger) private readonly logger: Logger,
  ) {}

  /**
   * Call once its caller is let in and its body read, before anything is changed: should this process end before the answer, the
   * next one tells that it was asked for. Never throws. @returns its id, for `note`
   */
  begin(call: AskedCall): string {
    const id = randomUUID();
    if (isNotedFirst(call.target)) this.manager.audit.append(auditIntent(call, id, Date.now()));
    return id;
  }

  /** Call before the answer goes out. Never throws. @param id what `begin` gave; a call that was refused before it has none */
  note(call: AuditedCall, id: string = randomUUID()): void {
    const entry = auditEntry(call, id, Date.now());
    if (!isOfStranger(entry) || this.quota.take(performance.now())) this.manager.audit.append(entry);
    const { at: _at, ...fields } = entry;
    this.logger.info(fields, 'admin change');
  }
}
