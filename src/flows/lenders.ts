/** Every lender of the house in the order of their ids, read a page at a time. */
import type { Lender } from '../domain/lender.ts';
import type { World } from './world.ts';

const PAGE = 200;

export async function* everyLender({ store }: Pick<World, 'store'>): AsyncGenerator<Lender> {
  for (let after: string | undefined; ; ) {
    const { data, hasMore } = await store.admin.lenders.list({ limit: PAGE, ...(after ? { after } : {}) });
    yield* data;
    after = data.at(-1)?.id;
    if (!hasMore) return;
  }
}
