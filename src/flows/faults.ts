/** What is wrong with one of many holds up none of the others: it is logged and kept, and the first is thrown when all have had their turn. */
import type { World } from './world.ts';

export class Faults {
  private readonly kept: unknown[] = [];

  /** `doing`: the job, for the log. */
  constructor(
    private readonly world: Pick<World, 'log'>,
    private readonly doing: string,
  ) {}

  /** What the work answers; `otherwise` where it fails. `about`: which of the many it is of. */
  async hold<T>(about: string, work: () => Promise<T>, otherwise: T): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.world.log.error({ about, error: String(error) }, `${this.doing}: one of many failed, the others go on`);
      this.kept.push(error);
      return otherwise;
    }
  }

  /** At the end, so that the run counts as failed. */
  throwFirst(): void {
    if (this.kept.length) throw this.kept[0];
  }
}
