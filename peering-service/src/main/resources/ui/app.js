// The frame around the pages: where one is, which datacenter this is, whether what is shown is live.
import {html, nothing, render} from './lit-html/lit-html.js';
import {call, read} from './api.js';
import {hue} from './format.js';
import * as icons from './icons.js';
import * as live from './live.js';
import {problem} from './parts.js';
import {audit} from './audit.js';
import {certificates} from './certificates.js';
import {config} from './config.js';
import {entry} from './entry.js';
import {events} from './events.js';
import {failovers} from './failovers.js';
import {intentions} from './intentions.js';
import {overview} from './overview.js';
import {peer} from './peer.js';
import {peers} from './peers.js';
import {service} from './service.js';
import {services} from './services.js';
import * as session from './session.js';
import {recognise, signIn} from './signin.js';

const HUES = 8;
const TICK = 1000;

// by the first part of the address behind the #; with more parts, `one` of them
const PAGES = [
  {at: 'overview', name: 'Overview', icon: icons.overview, make: overview},
  {at: 'services', name: 'Services', icon: icons.services, make: services, one: service},
  {at: 'peers', name: 'Peers', icon: icons.peers, make: peers, one: peer},
  {at: 'failovers', name: 'Failovers', icon: icons.failovers, make: failovers},
  {at: 'intentions', name: 'Intentions', icon: icons.intentions, make: intentions},
  {at: 'config', name: 'Config entries', icon: icons.config, make: config, one: entry},
  {at: 'ca', name: 'Certificates', icon: icons.authority, make: certificates},
  {at: 'events', name: 'Events', icon: icons.events, make: events},
  {at: 'audit', name: 'Audit', icon: icons.audit, make: audit},
];

const app = document.getElementById('app');
let datacenter = '';
let version = '';
let refusal = '';
let page = PAGES[1];
let view = null;
let drawn = false;

function route() {
  const [address, query = ''] = location.hash.replace(/^#\/?/, '').split('?', 2);
  let parts;
  try {
    parts = address.split('/').filter((part) => part).map(decodeURIComponent);
  } catch {
    parts = [];
  }
  view?.stop?.();
  view?.resources.forEach((resource) => resource.stop());
  page = PAGES.find((one) => one.at === parts[0]) ?? PAGES[0];
  const make = parts.length > 1 && page.one ? page.one : page.make;
  view = make({name: parts[1] ?? '', rest: parts.slice(2), query: new URLSearchParams(query), datacenter});
  view.resources.forEach((resource) => resource.start());
  view.start?.();
  document.title = `${view.title} · ${datacenter} · Hansa`;
  update();
  requestAnimationFrame(() => {
    if (drawn) {
      window.scrollTo(0, 0);
      // in a narrow window the pages' names stand on one line, which is longer
      document.querySelector('nav [aria-current]')?.scrollIntoView({block: 'nearest', inline: 'center'});
      document.querySelector('h1')?.focus({preventScroll: true});
    }
    drawn = true;
  });
}

const CONNECTIONS = {
  starting: ['off', 'connecting'],
  live: ['ok', 'live'],
  lost: ['bad', 'not live'],
};

function shell() {
  const [tone, word] = CONNECTIONS[live.connection];
  return html`
    <a class="skip" href="#main" @click=${skip}>To the content</a>
    <aside>
      <a class="brand" href="#/overview">${icons.ship}<span>Hansa</span></a>
      <div class="datacenter hue-${hue(datacenter, HUES)}"><span class="label">datacenter</span><b>${datacenter}</b></div>
      <nav aria-label="Pages">
        ${PAGES.map((one) => html`<a href="#/${one.at}" aria-current=${one === page ? 'page' : nothing}>${one.icon}<span>${one.name}</span></a>`)}
      </nav>
      <div class="foot">
        <span class="connection ${tone}" role="status"><span class="dot" aria-hidden="true"></span>${word}</span>
        ${session.asks ? account() : nothing}
        <span class="version">${version}</span>
      </div>
    </aside>
    <main id="main" tabindex="-1">
      ${live.connection === 'lost' ? problem(lost()) : nothing}
      ${view.body()}
    </main>`;
}

const lost = () =>
  live.reason
    ? `The server does not tell this page what changes: ${live.reason}. What is shown may be old; the page asks again by itself, every 15 seconds.`
    : 'The server does not answer, or no server leads. What is shown is what was heard last; it goes on by itself.';

// the address behind the # is the page's
function skip(event) {
  event.preventDefault();
  document.getElementById('main').focus();
}

let planned = false;

function update() {
  if (!planned && view) {
    planned = true;
    requestAnimationFrame(() => {
      planned = false;
      // it may have been left meanwhile
      view && render(shell(), app);
    });
  }
}

const DENIED = 403;

function account() {
  return session.who
    ? html`<span class="account" title="signed in as">${session.who}</span> <button class="quiet" @click=${signOut}>Sign out</button>`
    : html`<button class="quiet" @click=${askAgain}>Sign in</button>`;
}

/** What a login has made ends; another token is an operator's, who may use it elsewhere. */
function signOut() {
  // the question takes the token with it before it is forgotten
  const ended = session.isLogin ? call('POST', 'acl/logout') : null;
  session.forget();
  askAgain();
  ended?.catch(({status, message}) => {
    // the server knows it no more
    const isGone = status === DENIED;
    if (!isGone && !view && !session.signedIn()) {
      ask(`You are signed out here, but the server has not ended the token: ${message}.`);
    }
  });
}

const askAgain = () => ask('');

// the page, until somebody has signed in
function leave() {
  live.stop();
  view?.stop?.();
  view?.resources.forEach((resource) => resource.stop());
  view = null;
}

function ask(why, field = 'token') {
  leave();
  // whoever signs in begins at the page's heading
  drawn = true;
  document.title = `Sign in · ${datacenter} · Hansa`;
  render(signIn(datacenter, why, begin, (refusal) => ask(refusal, 'jwt')), app);
  document.querySelector(`input[name=${field}]`)?.focus();
}

let begun = false;

async function begin() {
  try {
    // first: a token that is none any more is forgotten, and nothing is told to whoever shows it
    const why = await recognise();
    [datacenter] = await read('catalog/datacenters');
    if (why) {
      ask(why);
      return;
    }
    ({HumanVersion: version} = await read('agent/version'));
    refusal = '';
  } catch (error) {
    if (error.status === DENIED) {
      ask(session.signedIn() ? error.message : '');
      return;
    }
    refusal = error.message;
    leave();
    render(html`<main class="alone">${problem(`Expected the server's name; found: ${refusal}. Trying again.`)}</main>`, app);
    setTimeout(begin, 2000);
    return;
  }
  if (!begun) {
    begun = true;
    live.onChange(update);
    live.start(begin);
    addEventListener('hashchange', () => view && route());
    // ages and countdowns
    setInterval(() => document.hidden || update(), TICK);
  } else {
    live.restart();
  }
  if (view) {
    // whoever looks is still known
    update();
  } else {
    render(nothing, app);
    route();
  }
}

begin();
