// Owns how the ring's reports are documented. The reports themselves are the orchestrator's; implementing their interfaces
// keeps the two from drifting apart.
import { ApiProperty } from '@nestjs/swagger';
import type { RingChange, RingChangeCause } from '../../orchestrator/ring/ring-history.js';
import type {
  CandidateView,
  FlowView,
  KeySourceView,
  PreviewView,
  RingMemberView,
  RingView,
  RouteView,
} from '../../orchestrator/ring/ring-views.js';

const CAUSES: readonly RingChangeCause[] = ['start', 'add', 'remove', 'weight'];
const PART = { type: Number, minimum: 0, maximum: 1 } as const;
const SLOTS = 'null for hrw and ketama, which have no table, and for a ring without members.';
const DIGEST = {
  type: String,
  description: 'Two balancers with equal digests place every key alike.',
  example: '9b1c…',
} as const;

export class RingMemberDto implements RingMemberView {
  @ApiProperty({ type: String, example: 'Server 1' })
  readonly name: string;

  @ApiProperty({ type: Number, example: 1 })
  readonly weight: number;

  @ApiProperty({ ...PART, description: 'Part of the key space that it owns.', example: 0.3333 })
  readonly share: number;

  @ApiProperty({ ...PART, description: 'The part that its weight entitles it to.', example: 0.3333 })
  readonly fair: number;
}

export class KeySourceDto implements KeySourceView {
  @ApiProperty({ type: String, description: 'Link of HASH_KEY.', example: 'header:x-hash-key' })
  readonly link: string;

  @ApiProperty({
    type: 'integer',
    description: 'Requests whose key it supplied since the data process started.',
    example: 1042,
  })
  readonly requests: number;
}

export class RingDto implements RingView {
  @ApiProperty({ type: String, example: 'hrw' })
  readonly algorithm: string;

  @ApiProperty({ type: 'integer', nullable: true, description: `Slots of its table; ${SLOTS}`, example: null })
  readonly slots: number | null;

  @ApiProperty({ type: 'integer', description: 'Number of the routing table published last.', example: 12 })
  readonly epoch: number;

  @ApiProperty(DIGEST)
  readonly digest: string;

  @ApiProperty({ type: [KeySourceDto], description: 'Which link of the key chain supplies the keys, in its order.' })
  readonly keys: readonly KeySourceDto[];

  @ApiProperty({ type: [RingMemberDto], description: 'In the order of /rep.' })
  readonly members: readonly RingMemberDto[];
}

export class CandidateDto implements CandidateView {
  @ApiProperty({ type: String, example: 'Server 2' })
  readonly name: string;

  @ApiProperty({ type: Boolean, description: 'A request with this key may go there now.', example: true })
  readonly eligible: boolean;

  @ApiProperty({ type: String, description: 'In words.', example: 'ready' })
  readonly reason: string;
}

export class RouteDto implements RouteView {
  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Link of HASH_KEY that supplied the key; null: the key was given. With "random" the key is a sample.',
    example: null,
  })
  readonly link: string | null;

  @ApiProperty({ type: String, example: 'user-42' })
  readonly key: string;

  @ApiProperty({ type: 'integer', minimum: 0, maximum: 4294967295, example: 2748915467 })
  readonly hash: number;

  @ApiProperty({ type: 'integer', nullable: true, description: `Slot of the table; ${SLOTS}`, example: null })
  readonly slot: number | null;

  @ApiProperty({
    type: [CandidateDto],
    description:
      'Every member in the key’s own order. A request goes to the first that is eligible; with none it waits, or is refused.',
  })
  readonly candidates: readonly CandidateDto[];
}

export class FlowDto implements FlowView {
  @ApiProperty({ type: String, nullable: true, description: 'null: nobody owned it.', example: 'Server 1' })
  readonly from: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'null: nobody would.', example: 'S4' })
  readonly to: string | null;

  @ApiProperty({ ...PART, example: 0.0833 })
  readonly share: number;
}

export class PreviewDto implements PreviewView {
  @ApiProperty({ ...PART, description: 'Part of the key space that would change hands.', example: 0.25 })
  readonly moved: number;

  @ApiProperty({ ...PART, description: 'The least that any placement with these fair shares moves.', example: 0.25 })
  readonly minimum: number;

  @ApiProperty({
    ...PART,
    description: 'Of what is moved: between replicas of which none leaves, joins or changes its weight accordingly.',
    example: 0,
  })
  readonly collateral: number;

  @ApiProperty({ type: [FlowDto], description: 'The largest first.' })
  readonly flows: readonly FlowDto[];
}

export class RingChangeDto implements RingChange {
  @ApiProperty({ type: String, format: 'date-time', example: '2026-11-23T08:15:30.250Z' })
  readonly at: string;

  @ApiProperty({ type: String, enum: CAUSES, description: 'start: the pool was founded.', example: 'add' })
  readonly cause: RingChangeCause;

  @ApiProperty({ type: 'integer', description: 'How many replicas joined or left.', example: 1 })
  readonly count: number;

  @ApiProperty({ type: [String], description: 'Their names, the first 16.', example: ['S4'] })
  readonly replicas: string[];

  @ApiProperty({ type: 'integer', description: 'Members afterwards.', example: 4 })
  readonly members: number;

  @ApiProperty({ ...PART, description: 'Part of the key space that changed hands.', example: 0.25 })
  readonly moved: number;

  @ApiProperty({ ...PART, description: 'The least that any placement with these fair shares moves.', example: 0.25 })
  readonly minimum: number;

  @ApiProperty({ ...PART, description: 'What was moved beyond the minimum.', example: 0 })
  readonly excess: number;

  @ApiProperty({ ...DIGEST, description: 'Of the ring afterwards.' })
  readonly digest: string;
}

export class RingHistoryDto {
  @ApiProperty({ type: [RingChangeDto], description: 'The newest first, at most 200.' })
  readonly changes: readonly RingChangeDto[];
}
