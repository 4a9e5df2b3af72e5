/**
 * Account numbers at rest: AES-256-GCM under a key derived from DULY_SECRET, bound to their place; found by a keyed hash.
 * A sealed text is 'v1.' + base64url(nonce 12 | tag 16 | ciphertext). The `v1` names the key, so that keys can be rotated.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';
import type { Vault } from '../flows/world.ts';

const KEY = 'v1';

/** @param nonce 12 fresh random bytes a call. Throws where the secret is shorter than 32 characters. */
export function openVault(secret: string, nonce: () => Buffer): Vault {
  if (secret.length < 32)
    throw new Error(
      'DULY_SECRET is too short: give 32 characters or more, and keep it, for without it no account number can be read again',
    );
  const derive = (use: string) => Buffer.from(hkdfSync('sha256', secret, 'duly', use, 32));
  const sealing = derive('seal account numbers');
  const hashing = derive('find account numbers');
  return {
    seal(clear, context) {
      const iv = nonce();
      const cipher = createCipheriv('aes-256-gcm', sealing, iv).setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(clear, 'utf8'), cipher.final()]);
      return `${KEY}.${Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url')}`;
    },
    open(sealed, context) {
      const [key, text = ''] = sealed.split('.');
      if (key !== KEY) throw new Error(`sealed under key ${key}, which this installation does not have`);
      const bytes = Buffer.from(text, 'base64url');
      const decipher = createDecipheriv('aes-256-gcm', sealing, bytes.subarray(0, 12))
        .setAAD(Buffer.from(context))
        .setAuthTag(bytes.subarray(12, 28));
      return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
    },
    accountKey: (lenderId, account) => createHmac('sha256', hashing).update(`${lenderId}|${account}`).digest('base64url').slice(0, 27),
  };
}
