// Owns the knowledge of which engine this is. Another one behind the same address (another context, a new data folder) is
// not the old one with nothing on it: planning from its empty list would double every replica.
import { RuntimeError } from '../runtime-error.js';
import { type EngineClient, type EngineInfo, unknownInTime } from './engine-client.js';

export class EngineIdentity {
  /** As it was first met. */
  private met: EngineInfo | undefined;
  private doubted = true;

  constructor(private readonly engine: EngineClient) {}

  /** A connection was lost: who answers next may be another one. */
  doubt(): void {
    this.doubted = true;
  }

  /**
   * @param watched an event stream is open, which would have broken with the engine: then no question is needed
   * @throws RuntimeError code `unreachable` when no engine answers, or another one than at first
   */
  async verify(watched: boolean): Promise<EngineInfo> {
    if (this.met && watched && !this.doubted) return this.met;
    this.doubted = false;
    try {
      const info = await this.engine.info();
      this.met ??= await this.remember(info);
      if (this.met.id !== undefined && info.id !== this.met.id) {
        throw new RuntimeError('unreachable', 'another Docker engine answers than the one that holds the replicas');
      }
      return this.met;
    } catch (error) {
      this.doubted = true;
      throw unknownInTime(error);
    }
  }

  private async remember(info: EngineInfo): Promise<EngineInfo> {
    // Some engines make up an id for each answer: then it says nothing.
    return (await this.engine.info()).id === info.id ? info : { ...info, id: undefined };
  }
}
