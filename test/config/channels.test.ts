import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { loadChannelProfiles, readChannelProfile } from '../../config/channels.ts';
import { freeBits } from '../../src/domain/order-number.ts';

const profiles = loadChannelProfiles();
const yaml = readFileSync(new URL('../../config/channels/simulator.yaml', import.meta.url), 'utf8');
const fault = (text: string): string => {
  try {
    readChannelProfile('bad.yaml', text);
    return 'accepted';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('channel profiles', () => {
  it('describe the simulator', () => {
    const { fee, successRate, title, merchant, ...rest } = profiles.get('simulator')!;
    expect(rest).to.deep.equal({
      name: 'simulator',
      rails: ['simulator'],
      currencies: ['*'],
      number: { prefix: 'D', length: 24, alphabet: 'base32', check: 'mod', mode: 'ours', lendersMax: 0 },
      zone: 'Asia/Shanghai',
      windows: [{ from: '00:00', to: '24:00' }],
      cutOff: '23:00',
      blackouts: [],
      perDebitLimit: null,
      dailyLimitPerAccount: null,
      ratePerSecond: 2000,
      concurrency: 64,
      callTimeoutMs: 10_000,
      queryHorizonMinutes: 30,
      statement: {
        format: 'simulator',
        readyAt: '06:00',
        calendar: 'everyday',
        lateAfterMinutes: 240,
        carryOverMinutes: 240,
        account: 'settlement',
      },
      requestExpiryMinutes: 30,
      dedupeDays: 30,
      brake: { openUnknown: 1000, shareOfLast500: 0.2 },
    });
    expect(fee.flat).to.be.below(100);
  });
  it('offer two channels for one rail', () =>
    expect([...profiles.values()].filter((p) => p.rails.includes('china-agreement'))).to.have.length(2));
  it('leave room for a hash in every number', () => {
    for (const p of profiles.values()) expect(freeBits(p.number), p.name).to.be.at.least(80);
  });
  it('are refused with file, path and cure', () => {
    expect(fault(yaml)).to.equal('accepted');
    expect(fault(`${yaml}\nspeed: 3`)).to.match(/bad\.yaml: speed: no such key/);
    expect(fault(yaml.replace('cutOff: "23:00"', 'cutOff: "25:00"'))).to.match(/bad\.yaml: cutOff/);
    expect(fault(yaml.replace('zone: Asia/Shanghai', 'zone: Asia/Atlantis'))).to.match(/bad\.yaml: zone must be a time zone such as/);
    expect(fault(yaml.replace('length: 24', 'length: 2'))).to.match(/bad\.yaml: number length 2 leaves no room/);
    expect(fault(yaml.replace('successRate: 0.85', 'successRate: 85'))).to.match(/bad\.yaml: successRate must be less than or equal to 1/);
    expect(fault(yaml.replace('share: "0"', 'share: 0.002'))).to.match(/bad\.yaml: fee\.share must be a string/);
  });
});
