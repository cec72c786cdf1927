// The promises of the orchestrator under random histories: deaths, failing and hanging calls, lost events, adds, removes,
// drains, restarts and weights of replicas, restarts of the balancer, in any order. One of four shards, for four workers.
import { describeHistories } from '../testing/describe-histories.js';

describeHistories(4);
