/** The account tree: parents by number, sums rolled up. */
import { expect } from 'chai';
import { accountTree, nameOf, parentOf, sideOf } from '../../src/domain/account-tree.ts';

describe('the account tree', () => {
  it('finds the account above by the number', () => {
    expect(['1012.01:simulator', '1012.01', '1012', '1002:settlement', '1002', '1012.01:china-agreement.b'].map(parentOf)).to.deep.equal([
      '1012.01',
      '1012',
      null,
      '1002',
      null,
      '1012.01',
    ]);
  });

  it('rolls what lies on an account up into all above it, parents first', () => {
    const tree = accountTree([
      { account: '1012.01:simulator', minor: 700 },
      { account: '1012.02', minor: 50 },
      { account: '1012.01:other', minor: 300 },
      { account: '1002', minor: 5 },
      { account: '1002:settlement', minor: 20 },
      { account: '2999', minor: -1075 },
    ]);
    expect(tree.map((n) => [n.account, n.level, n.own, n.total])).to.deep.equal([
      ['1002', 1, 5, 25],
      ['1002:settlement', 2, 20, 20],
      ['1012', 1, 0, 1050],
      ['1012.01', 2, 0, 1000],
      ['1012.01:other', 3, 300, 300],
      ['1012.01:simulator', 3, 700, 700],
      ['1012.02', 2, 50, 50],
      ['2999', 1, -1075, -1075],
    ]);
    expect(tree.filter((n) => n.parent === null).reduce((s, n) => s + n.total, 0)).to.equal(0);
  });

  it('names groups and sub-accounts, and knows the side each grows on', () => {
    expect(nameOf('1012.01:simulator')).to.deep.equal({ en: 'Channel clearing: simulator', zh: '通道清算款：simulator' });
    expect(nameOf('2241').zh).to.equal('其他应付款');
    const dr = ['1002', '1012.01:x', '1303.01', '1221.01', '6421', '6702'];
    const cr = ['1304', '2241.05', '2999', '6011', '6021', '6022'];
    expect([...dr, ...cr].filter((a) => sideOf(a) === 'dr')).to.deep.equal(dr);
  });
});
