// Reads what is in a certificate, as far as a page shows it. Nothing is checked: a page trusts nobody by what it reads here.

export function bytes(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

export const hex = (data, between = '') => Array.from(data, (byte) => byte.toString(16).padStart(2, '0')).join(between);

const of = (pem) => bytes(pem.replace(/-----[^-]+-----/g, '').replace(/\s/g, ''));

/** One element of DER at `at`: where its content begins and where it ends. */
function element(der, at) {
  let length = der[at + 1];
  let begin = at + 2;
  if (length & 0x80) {
    const more = length & 0x7f;
    length = 0;
    for (let i = 0; i < more; i++) {
      length = length * 256 + der[begin++];
    }
  }
  return {begin, end: begin + length};
}

/** Where the field begins that has so many before it, not counting the version, which may be left out. */
function field(der, before) {
  let at = element(der, element(der, 0).begin).begin;
  const all = der[at] === 0xa0 ? before + 1 : before;
  for (let i = 0; i < all; i++) {
    at = element(der, at).end;
  }
  return at;
}

/** A certificate's public key with its algorithm, as it stands in the certificate. */
export function publicKey(pem) {
  const der = of(pem);
  // serial number, signature, issuer, validity, subject
  const at = field(der, 5);
  return der.slice(at, element(der, at).end);
}

const UTC_TIME = 0x17;

function time(der, at) {
  const {begin, end} = element(der, at);
  const text = new TextDecoder().decode(der.slice(begin, end));
  // two digits of a year are of 1950 to 2049
  const whole = der[at] === UTC_TIME ? (Number(text.slice(0, 2)) < 50 ? '20' : '19') + text : text;
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(whole);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

const NAMES = {'55-04-03': 'CN', '55-04-0a': 'O', '55-04-0b': 'OU', '55-04-06': 'C'};
const BMP_STRING = 0x1e;

/** Whose certificate it is, as far as its subject says so: `CN=…, O=…`; empty: it says nothing, or cannot be read. */
export function subject(pem) {
  try {
    const der = of(pem);
    // serial number, signature, issuer, validity
    const all = element(der, field(der, 4));
    const parts = [];
    for (let set = all.begin; set < all.end; set = element(der, set).end) {
      const pair = element(der, element(der, set).begin);
      const oid = element(der, pair.begin);
      const text = element(der, oid.end);
      const name = NAMES[hex(der.slice(oid.begin, oid.end), '-')];
      if (name) {
        parts.push(`${name}=${new TextDecoder(der[oid.end] === BMP_STRING ? 'utf-16be' : 'utf-8').decode(der.slice(text.begin, text.end))}`);
      }
    }
    return parts.join(', ');
  } catch {
    return '';
  }
}

/** From when and until when a certificate is good, in milliseconds; null: it cannot be read. */
export function validity(pem) {
  try {
    const der = of(pem);
    // serial number, signature, issuer
    const at = element(der, field(der, 3)).begin;
    return {from: time(der, at), until: time(der, element(der, at).end)};
  } catch {
    return null;
  }
}

/** SHA-256 of a certificate as tools print it; empty where a browser does not compute it. */
export async function fingerprint(pem) {
  if (!globalThis.crypto?.subtle) {
    return '';
  }
  return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', of(pem))), ':').toUpperCase();
}
