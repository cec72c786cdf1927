// Owns the body of POST /add.
import { IsHostnameList, IsReplicaCount } from './replica-change.constraints.js';

export class AddReplicasDto {
  @IsReplicaCount('How many replicas to add.', 2)
  readonly n: number;

  @IsHostnameList(
    'Names for the new replicas, at most n; the rest is named "Server K", K being the lowest free number. ' +
      'On the static runtime each is NAME=URL, and there are exactly n.',
    ['S4'],
  )
  readonly hostnames?: string[];
}
