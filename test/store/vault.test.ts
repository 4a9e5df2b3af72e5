/** Account numbers at rest: sealed to their place, found by a keyed hash, never guessed. */
import { expect } from 'chai';
import { openVault } from '../../src/store/vault.ts';

const SECRET = 'a secret for tests, 32 characters or more';
const ACCOUNT = '6222020000000000019';
const PLACE = 'lnd_1|mandate|mnd_1';

describe('the vault', () => {
  let nonces = 0;
  const vault = openVault(SECRET, () => Buffer.alloc(12, ++nonces));
  const sealed = vault.seal(ACCOUNT, PLACE);

  it('opens what it sealed, and shows nothing of it', () => {
    expect(vault.open(sealed, PLACE)).to.equal(ACCOUNT);
    expect(sealed)
      .to.match(/^v1\.[\w-]+$/)
      .and.not.include(ACCOUNT);
    expect(vault.seal(ACCOUNT, PLACE)).not.to.equal(sealed);
  });

  it('does not open a sealed text that was moved to another mandate', () => {
    expect(() => vault.open(sealed, 'lnd_1|mandate|mnd_2')).to.throw();
  });

  it('does not open one with any byte changed', () => {
    const bytes = Buffer.from(sealed.slice(3), 'base64url');
    for (let k = 0; k < bytes.length; k++) {
      const flipped = Buffer.from(bytes);
      flipped[k] = (flipped[k] as number) ^ 1;
      expect(() => vault.open(`v1.${flipped.toString('base64url')}`, PLACE), `byte ${k}`).to.throw();
    }
  });

  it('does not open one cut short, or sealed under another key or key name', () => {
    expect(() => vault.open(sealed.slice(0, 20), PLACE)).to.throw();
    expect(() => vault.open(sealed.replace('v1', 'v2'), PLACE)).to.throw('key v2');
    expect(() => openVault(`${SECRET}!`, () => Buffer.alloc(12)).open(sealed, PLACE)).to.throw();
  });

  it('finds equal accounts of one lender by an equal key, and no others', () => {
    const key = vault.accountKey('lnd_1', ACCOUNT);
    expect(vault.accountKey('lnd_1', ACCOUNT)).to.equal(key);
    const others = [
      vault.accountKey('lnd_2', ACCOUNT),
      vault.accountKey('lnd_1', '6222020000000000018'),
      openVault(`${SECRET}!`, () => Buffer.alloc(12)).accountKey('lnd_1', ACCOUNT),
    ];
    expect(new Set([key, ...others]).size).to.equal(4);
  });

  it('refuses a secret that is too short', () => {
    expect(() => openVault('x'.repeat(31), () => Buffer.alloc(12))).to.throw('32 characters');
  });
});
