/** Many callers, few round trips: what is asked while one call is under way goes into the next one together. */
type Waiting<I, O> = Readonly<{ item: I; done: (out: O) => void; failed: (error: unknown) => void }>;

export class Grouped<I, O> {
  private waiting: Waiting<I, O>[] = [];
  private busy = false;

  /** `work` answers one out for each item, in their order. When it throws, all callers of that group hear it. */
  constructor(
    private readonly work: (items: readonly I[]) => Promise<readonly O[]>,
    private readonly most = 500,
  ) {}

  do(item: I): Promise<O> {
    const out = new Promise<O>((done, failed) => this.waiting.push({ item, done, failed }));
    if (!this.busy) void this.drain();
    return out;
  }

  private async drain(): Promise<void> {
    this.busy = true;
    while (this.waiting.length > 0) {
      const group = this.waiting.splice(0, this.most);
      try {
        const outs = await this.work(group.map((w) => w.item));
        for (const [k, w] of group.entries()) w.done(outs[k]!);
      } catch (error) {
        for (const w of group) w.failed(error);
      }
    }
    this.busy = false;
  }
}
