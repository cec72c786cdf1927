// Owns how the hot keys are documented. The report itself is the orchestrator's.
import { ApiProperty } from '@nestjs/swagger';
import type { HotKeysView, HotKeyView } from '../../orchestrator/ring/hot-keys-view.js';

const PART = { type: Number, minimum: 0, maximum: 1 } as const;

export class HotKeyDto implements HotKeyView {
  @ApiProperty({ type: 'integer', minimum: 0, maximum: 0xffff_ffff, description: 'As /api/route shows it.' })
  readonly hash: number;

  @ApiProperty({ type: String, nullable: true, description: 'First 128 characters; null unless SHOW_KEYS is on.' })
  readonly key: string | null;

  @ApiProperty({ ...PART, description: 'Part of all requests; too high by at most `error`, never too low.' })
  readonly share: number;

  @ApiProperty(PART)
  readonly error: number;

  @ApiProperty({ type: Number, description: 'Requests per second, as an average over the last minutes.' })
  readonly perSecond: number;

  @ApiProperty({ type: String, nullable: true, description: 'Who owns it on the ring.', example: 'Server 1' })
  readonly replica: string | null;
}

export class HotKeysDto implements HotKeysView {
  @ApiProperty({ type: Number, description: 'Milliseconds after which a request counts half.', example: 60_000 })
  readonly halfLifeMs: number;

  @ApiProperty({ ...PART, description: 'Keys with a larger share than this are never missed.', example: 0.001953125 })
  readonly precision: number;

  @ApiProperty({ type: Number, description: 'Requests per second, all keys together.' })
  readonly perSecond: number;

  @ApiProperty({ type: [HotKeyDto], description: 'The hottest first.' })
  readonly keys: readonly HotKeyDto[];
}
