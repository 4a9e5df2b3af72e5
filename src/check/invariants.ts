/** What must always hold, in one list: `duly check` evaluates these, and the handbook's table is made from them. */

export type Invariant = Readonly<{
  id: string;
  title: string;
  /** How it is looked at, and how the words of the invariant are read. */
  how: string;
}>;

export const INVARIANTS: readonly Invariant[] = [
  {
    id: 'I1',
    title: 'No double debit',
    how: 'For each instalment, what debits took and did not give back is at most what was due: by the attempts, and by the bank’s own book and memos. What the bank took late or twice of its own accord is its doing and is held against it by I10 and reconciliation.',
  },
  {
    id: 'I2',
    title: 'At most one debit in flight',
    how: 'No plan has two open attempts, nor had at any moment of its history: each attempt is open from its birth to the event that ended it.',
  },
  {
    id: 'I3',
    title: 'Nothing sent without intent',
    how: 'Each order in the bank’s book has exactly one attempt of that number, equal in amount, currency, account and memo, and written down before the bank received it.',
  },
  {
    id: 'I4',
    title: 'Nothing forgotten',
    how: 'Each unpaid instalment of an active, unheld plan that is past due and grace has an attempt aimed at it, a stored skip on or after its due date, or a next action that says when or why not. A plan that waits for an answer has an attempt that is open.',
  },
  {
    id: 'I5',
    title: 'Everything ends',
    how: 'No attempt is open for longer than a day beyond its channel’s query horizon without an open discrepancy, which is the manual case.',
  },
  {
    id: 'I6',
    title: 'Immutable core',
    how: 'The hash of an attempt’s number, lender, plan, amount, aims, mandate, account, channel and day equals the hash stored at intent; its events tell the same number, channel and amount.',
  },
  {
    id: 'I7',
    title: 'Legal history',
    how: 'Events of a subject are numbered 1, 2, 3 … (an attempt’s birth is its first, stored with the attempt), each step is in the machine’s table, and the state is their fold. Each partition’s numbers have no gap.',
  },
  {
    id: 'I8',
    title: 'Unknown ends by evidence',
    how: 'Every exit from unknown names a query, a bank’s news, a statement or a person, with its reference; no other attempt of the plan was born in between.',
  },
  {
    id: 'I9',
    title: 'Same key, same bytes',
    how: 'All requests the bank received under one order number carry the same payload, none later than the channel’s dedupe window.',
  },
  {
    id: 'I10',
    title: 'Truth after quiet',
    how: 'Succeeded: taken and not reversed. Failed, unsent or voided: never taken. Returned: reversed. Open attempts may still be either; facts younger than 15 minutes may still be on their way; what contradicts a final state must stand as a discrepancy.',
  },
  {
    id: 'I11',
    title: 'Balanced books',
    how: 'Each posting sums to zero in its currency, in whole minor units on known accounts; so do all balances together.',
  },
  {
    id: 'I12',
    title: 'Ledger equals events',
    how: 'Every event that moves money carries its posting and no other does; every receipt of a plan has its attempt or payment and the reverse, and is given back what its refunds came to; stored balances equal the sums of the postings exactly.',
  },
  {
    id: 'I13',
    title: 'Ledger equals bank',
    how: 'By lender, currency and account: 1012.01 of each channel is what attempts took and gave back, less refunds, fees and deposits, with what differs in suspense; 2241.01 and 1221.01 are the sums of the unsettled discrepancies; payables are what cleared batches leave unpaid; each account of ours is what its last statement closes with. Over the days compared, what a channel’s files moved is what our records moved and what is in suspense of them; a closed day’s deposit is what the bank paid in.',
  },
  {
    id: 'I14',
    title: 'Loan arithmetic',
    how: 'Outstanding is never below zero; what is paid is the sum of the receipts’ lines, is what the postings say, and comes out again when the receipts are allocated anew; surplus lies on 2241.02, and what was refunded and taken back as well on 1221.01. Refunds made or under way never come to more than came in.',
  },
  {
    id: 'I15',
    title: 'Line matched once',
    how: 'Each line of a compared file has one verdict; each debit has at most one payment line and one return line, each refund one; a line that did not match stands as a discrepancy, open or explained.',
  },
  {
    id: 'I16',
    title: 'Whole files',
    how: 'Counts and sums of the lines stored are those that were counted when the file was read and those that it states; a refused file has no lines; one file a source and day is accepted.',
  },
  {
    id: 'I19',
    title: 'One key, one resource',
    how: 'A kept answer names a resource that exists and is its caller’s; no two plans or borrowers of a lender share an external id.',
  },
  {
    id: 'I20',
    title: 'No lender leak',
    how: 'Every document names a lender that exists, and everything it refers to is that same lender’s.',
  },
  {
    id: 'I23',
    title: 'Debits at permitted times',
    how: 'Each debit was made, and reached the bank, inside the hours and days of rail and channel, within the mandate’s dates, and after the notice its permit names, by the pack’s notice rule.',
  },
  {
    id: 'I24',
    title: 'Caps',
    how: 'Attempts per account and day, per instalment, and per mandate in 30 days stay within the strategy’s caps; no amount is above the mandate’s.',
  },
  {
    id: 'I26',
    title: 'Conservation',
    how: 'In each currency: what borrowers paid and did not get back, with what is in suspense, was brought along or converted, less fees and what was paid out, lies on the channels and accounts. In the simulated bank’s book: what left the payers’ accounts was paid in to ours or charged, day by day closed; what it paid out are payouts of ours, each once and of the same sum.',
  },
];
