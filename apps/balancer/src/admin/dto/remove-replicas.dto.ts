// Owns the body of DELETE /rm.
import { IsHostnameList, IsReplicaCount } from './replica-change.constraints.js';

export class RemoveReplicasDto {
  @IsReplicaCount('How many replicas to remove.', 1)
  readonly n: number;

  @IsHostnameList(
    'Replicas that must be among the removed, at most n; the rest is chosen: those that are not ready first, then those with ' +
      'the fewest requests in flight, then the newest.',
    ['S4'],
  )
  readonly hostnames?: string[];
}
