// Reads a peering token, in this browser alone, so that whoever pasted it sees what it says before it is used. Nothing of
// it is believed: the server checks it again, signature and all.

import {bytes, hex, publicKey} from './der.js';

// as the server's own reader
const MOST = 128 * 1024;
const SERVER = /^server\.([a-z0-9_-]{1,63})\.peering\.([a-z0-9.-]{1,253})$/;

function json(base64) {
  return JSON.parse(new TextDecoder('utf-8', {fatal: true}).decode(bytes(base64)));
}

const texts = (value) => (Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []);
const text = (value) => (typeof value === 'string' ? value : '');
// made for any datacenter
const named = (audience) => (audience === '*' ? '' : audience);
const moment = (value) => (typeof value === 'number' ? value * 1000 : null);

function signed(jws) {
  const parts = jws.split('.');
  const url = (part) => part.replaceAll('-', '+').replaceAll('_', '/');
  const claims = json(url(parts[1]));
  return {
    form: 'signed',
    datacenter: text(claims.dc),
    trustDomain: text(claims.iss),
    audience: named(text(Array.isArray(claims.aud) ? claims.aud[0] : claims.aud)),
    expires: moment(claims.exp),
    id: text(claims.jti),
    serverName: text(claims.server_name),
    addresses: [...texts(claims.manual_server_addresses), ...texts(claims.server_addresses)],
    roots: texts(claims.ca),
  };
}

function consul(base64) {
  const fields = json(base64);
  if (typeof fields.Signed === 'string') {
    return signed(fields.Signed);
  }
  const [, datacenter = '', trustDomain = ''] = SERVER.exec(text(fields.ServerName)) ?? [];
  return {
    form: 'consul',
    datacenter,
    trustDomain,
    audience: '',
    expires: null,
    id: text(fields.PeerID),
    serverName: text(fields.ServerName),
    addresses: [...texts(fields.ManualServerAddresses), ...texts(fields.ServerAddresses)],
    roots: texts(fields.CA),
  };
}

/** What a token says, or null when it cannot be read. Its secret is left where it was. */
export function decode(input) {
  const token = input.trim();
  if (!token || token.length > MOST) {
    return null;
  }
  try {
    // builds before wrote the JWS alone
    const found = token.includes('.') ? signed(token) : consul(token);
    return found.datacenter && found.addresses.length ? found : null;
  } catch {
    return null;
  }
}

const CONSONANTS = 'bdfghjklmnprstvz';
const VOWELS = 'aiou';

function word(bits) {
  return CONSONANTS[bits >> 12] + VOWELS[(bits >> 10) & 3] + CONSONANTS[(bits >> 6) & 15] + VOWELS[(bits >> 4) & 3] + CONSONANTS[bits & 15];
}

/** The fingerprint's words, which the other operator's page shows too; empty where a browser does not compute it. */
export async function fingerprint({trustDomain, roots}) {
  if (!globalThis.crypto?.subtle || !roots.length) {
    return '';
  }
  try {
    const keys = roots.map((pem) => hex(publicKey(pem))).sort();
    const said = new TextEncoder().encode(trustDomain + keys.map((key) => `\0${key}`).join(''));
    const digest = new DataView(await crypto.subtle.digest('SHA-256', said));
    return [0, 2, 4, 6, 8, 10].map((at) => word(digest.getUint16(at))).join('-');
  } catch {
    return '';
  }
}
