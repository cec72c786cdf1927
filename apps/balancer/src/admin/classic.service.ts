// Owns the three classic routes, /rep, /add and /rm: one implementation behind both ports. The admin port hands requests in
// through classic.controller.ts, the data port through the link; who may ask at all is access.ts's, the rules of the pool
// are the orchestrator's.
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { Settings } from '../config/config.module.js';
import { ReplicaManager } from '../orchestrator/replica-manager.service.js';
import { DataLink } from '../routing/link/data-link.js';
import type { ClassicAnswer, ClassicRequest } from '../routing/link/messages.js';
import { Logger } from '../telemetry/logger.js';
import { bringsToken, decideAccess, tokenOf, type AccessPolicy } from './access.js';
import { compileAccessPolicy } from './access-policy.js';
import { Audit } from './audit.js';
import { isChange } from './audit-entry.js';
import { refusal, toAnswer, toFailure } from './answers.js';
import { GuessLimit } from './guess-limit.js';
import { AddReplicasDto } from './dto/add-replicas.dto.js';
import { RemoveReplicasDto } from './dto/remove-replicas.dto.js';
import { readReplicaChange, readWait } from './replica-change.js';

/** A classic request whose sender has been let in. */
export type AdmittedRequest = Pick<ClassicRequest, 'path' | 'search' | 'body' | 'peer'> & {
  readonly contentType?: string;
};

@Injectable()
export class ClassicService implements OnModuleInit {
  private readonly dataPortPolicy: AccessPolicy;

  constructor(
    @Inject(Settings) private readonly settings: Settings,
    @Inject(ReplicaManager) private readonly manager: ReplicaManager,
    @Inject(DataLink) private readonly link: DataLink,
    @Inject(Logger) private readonly logger: Logger,
    @Inject(Audit) private readonly audit: Audit,
    @Inject(GuessLimit) private readonly guesses: GuessLimit,
  ) {
    this.dataPortPolicy = compileAccessPolicy(settings, settings.host);
  }

  onModuleInit(): void {
    this.link.handleClassic((request) => this.answerFromDataPort(request));
  }

  /** Never rejects. */
  async answerFromDataPort(request: ClassicRequest): Promise<ClassicAnswer> {
    const { method, path, search, peer, body, headers } = request;
    if (!isChange(method, path)) return this.answerGuarded(request);
    const by = bringsToken(headers.authorization, this.dataPortPolicy) ? 'token' : 'address';
    const call = { peer, by, port: 'data', method, target: `${path}${search}`, body } as const;
    let id: string | undefined;
    const answer = await this.answerGuarded(request, () => (id = this.audit.begin(call)));
    this.audit.note({ ...call, answer }, id);
    return answer;
  }

  /** @param onAdmitted called before anything is done */
  private async answerGuarded(request: ClassicRequest, onAdmitted?: () => void): Promise<ClassicAnswer> {
    const { peer, path, headers } = request;
    const seen = { ...headers, peer, page: false, waitSeconds: this.guesses.waitSeconds(peer) };
    const decision = decideAccess(seen, this.dataPortPolicy);
    if (!decision.allowed) {
      if (decision.wrongToken) this.guesses.wrong(peer, tokenOf(seen) ?? '');
      this.logger.warn({ peer, path, status: decision.status }, `refused: ${decision.reason}`);
      return refusal(decision);
    }
    onAdmitted?.();
    return this.answer({ ...request, contentType: request.headers.contentType });
  }

  /**
   * Never rejects: what goes wrong is an answer too.
   * @param signal ends a wait whose client has gone; the change itself stays
   */
  async answer(request: AdmittedRequest, signal?: AbortSignal): Promise<ClassicAnswer> {
    try {
      return listing(await this.namesAfter(request, signal));
    } catch (error) {
      return toFailure(error, this.logger);
    }
  }

  private async namesAfter(request: AdmittedRequest, signal: AbortSignal | undefined): Promise<readonly string[]> {
    switch (request.path) {
      case '/rep':
        readWait(request.search, undefined);
        return this.manager.names();
      case '/add':
        return this.add(request, signal);
      case '/rm':
        return this.remove(request, signal);
    }
  }

  private async add(request: AdmittedRequest, signal: AbortSignal | undefined): Promise<readonly string[]> {
    const wait = readWait(request.search, 'ready');
    const { n, hostnames = [] } = readReplicaChange(AddReplicasDto, request.contentType, request.body);
    const { names, affected } = await this.manager.add({ n, hostnames });
    if (wait) await this.manager.whenReady(affected, { signal, timeoutMs: this.settings.waitTimeout });
    return names;
  }

  private async remove(request: AdmittedRequest, signal: AbortSignal | undefined): Promise<readonly string[]> {
    const wait = readWait(request.search, 'gone');
    const { n, hostnames = [] } = readReplicaChange(RemoveReplicasDto, request.contentType, request.body);
    const { names, affected } = await this.manager.remove({ n, hostnames });
    if (wait) await this.manager.whenGone(affected, { signal, timeoutMs: this.settings.waitTimeout });
    return names;
  }
}

function listing(replicas: readonly string[]): ClassicAnswer {
  return toAnswer(200, { message: { N: replicas.length, replicas }, status: 'successful' });
}
