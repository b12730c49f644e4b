// Who looks at these pages: the token of whoever has signed in, for as long as this tab is open.

const KEY = 'hansa.token';
const HEADER = 'X-Consul-Token';

/** Signed in as, for people; empty: not signed in. */
export let who = '';
/** Whether the server asks for tokens at all. */
export let asks = false;
/** Whether a login has made the token, which ends with it. */
export let isLogin = false;

export function become(name, server, login = false) {
  who = name;
  asks = server;
  isLogin = login;
}

export const signedIn = () => sessionStorage.getItem(KEY) !== null;

export function keep(token) {
  sessionStorage.setItem(KEY, token);
}

export function forget() {
  sessionStorage.removeItem(KEY);
  who = '';
  isLogin = false;
}

/** What every request carries: never a part of an address, which browsers and servers keep. */
export function headers() {
  const token = sessionStorage.getItem(KEY);
  return token === null ? {} : {[HEADER]: token};
}
